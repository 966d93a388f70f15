// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "adapters/linux/store/mysql/failure.h"

namespace tsp::linux_::mysql {

// The first line of the file, which nobody but its owner may read; empty if no path is given. `key`: of the
// configuration, which names the file.
[[nodiscard]] Result<std::string> read_password(const std::string& path,
                                                std::string_view key = "store.mysql.password_file");

}  // namespace tsp::linux_::mysql
