// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "adapters/linux/store/mysql/connection.h"
#include "adapters/linux/store/mysql/failure.h"
#include "adapters/linux/store/upgrade.h"

namespace tsp::linux_::mysql {

using store::Upgrade;

// Of schema/*.sql; the first makes version 1 of an empty database.
[[nodiscard]] std::span<const Upgrade> all_upgrades();

// 0: nothing is there yet.
[[nodiscard]] Result<std::int64_t> schema_version(Connection& connection);
// Applies what is missing. The server commits each statement that changes the schema by itself: an upgrade that was cut
// off is done again from its beginning, by whoever comes next. Brokers that come together wait for each other. Refused
// is a database that holds tables of another program, or was upgraded by a newer version of this one.
[[nodiscard]] Result<> upgrade_schema(Connection& connection, std::span<const Upgrade> upgrades);

}  // namespace tsp::linux_::mysql
