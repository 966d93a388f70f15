// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "adapters/linux/store/mysql/failure.h"

namespace tsp::linux_::mysql {

// The first line of the file, which nobody but its owner may read; empty if no path is given.
[[nodiscard]] Result<std::string> read_password(const std::string& path);

}  // namespace tsp::linux_::mysql
