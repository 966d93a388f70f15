// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tsp {

inline constexpr std::size_t kGroups = 8;  // of an IPv6 address, 16 bits each (RFC 4291, 2.2)

}  // namespace tsp
