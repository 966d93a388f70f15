// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "adapters/linux/store/failure.h"

namespace tsp::linux_::store {

// The realm that a store with `accounts` has from now on: its own, or the configured one while there are no accounts.
// Every verifier depends on it, so a different one is refused once there are.
[[nodiscard]] Result<std::string> choose_realm(const std::string& stored, const std::string& configured,
                                               std::uint64_t accounts);

}  // namespace tsp::linux_::store
