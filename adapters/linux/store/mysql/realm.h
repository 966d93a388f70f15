// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "adapters/linux/store/mysql/connection.h"
#include "adapters/linux/store/mysql/failure.h"

namespace tsp::linux_::mysql {

[[nodiscard]] Result<std::string> read_realm(Connection& connection);
// Makes the configured realm that of the store while there are no accounts; a different one is refused once there are.
[[nodiscard]] Result<> settle_realm(Connection& connection, const std::string& configured);

}  // namespace tsp::linux_::mysql
