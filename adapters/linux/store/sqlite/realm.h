// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/failure.h"

namespace tsp::linux_::sqlite {

[[nodiscard]] Result<std::string> read_realm(Connection& connection);
// The realm that the store has from now on: its own, or the configured one while there are no accounts. Every verifier
// depends on it, so a different one is refused once there are.
[[nodiscard]] Result<std::string> settle_realm(Connection& connection, const std::string& configured);

}  // namespace tsp::linux_::sqlite
