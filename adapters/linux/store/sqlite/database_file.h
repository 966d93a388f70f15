// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "adapters/linux/store/sqlite/failure.h"

namespace tsp::linux_::sqlite {

// Makes sure that the file exists and that only its owner can read it: a verifier is worth a password. SQLite gives
// its -wal and -shm files the same permissions.
[[nodiscard]] Result<> prepare_file(const std::string& path);

}  // namespace tsp::linux_::sqlite
