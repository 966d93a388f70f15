// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace tsp::linux_ {

// The first line of /proc/sys/PATH; none if it cannot be read.
[[nodiscard]] std::optional<std::string> read_sysctl(const std::string& path);
// False: not permitted, or read-only, as in many containers.
bool write_sysctl(const std::string& path, const std::string& value);

}  // namespace tsp::linux_
