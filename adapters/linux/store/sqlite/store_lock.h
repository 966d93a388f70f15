// SPDX-License-Identifier: Apache-2.0
//
// One tspd at a time serves a database: two would give each other's tunnels away. SQLite itself lets many in.
#pragma once

#include <expected>
#include <string>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

// Held as long as the descriptor is open, and gone with the process. The file `path`.lock is made beside the database
// and stays. Error: one line for the operator.
[[nodiscard]] std::expected<FileDescriptor, std::string> lock_store(const std::string& path);

}  // namespace tsp::linux_
