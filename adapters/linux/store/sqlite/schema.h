// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/failure.h"
#include "adapters/linux/store/upgrade.h"

namespace tsp::linux_::sqlite {

using store::Upgrade;

// Of schema/*.sql; the first makes version 1 of an empty file.
[[nodiscard]] std::span<const Upgrade> all_upgrades();

// 0: nothing is there yet.
[[nodiscard]] Result<std::int64_t> schema_version(Connection& connection);
// Leaves a file alone that is of another program or of a newer version of this one.
[[nodiscard]] Result<> check_ours(Connection& connection, std::span<const Upgrade> upgrades);
// Applies what is missing, all or none.
[[nodiscard]] Result<> upgrade_schema(Connection& connection, std::span<const Upgrade> upgrades);

}  // namespace tsp::linux_::sqlite
