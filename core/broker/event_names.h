// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include <tsp/broker.h>

namespace tsp {

inline constexpr std::size_t kEventCodes = static_cast<std::size_t>(EventCode::RequestRefused) + 1;

// "tunnel_up" …: stable across releases; logs, audit and metrics use them.
[[nodiscard]] std::string_view name(EventCode code);
// "idle" …: why a tunnel ended.
[[nodiscard]] std::string_view name(EndReason reason);

}  // namespace tsp
