// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace tsp::linux_ {

// The content of a regular file that holds a secret, and that nobody but its owner may use; its first `bytes_max` if
// there are more. The error continues a sentence that begins with the path.
[[nodiscard]] std::expected<std::string, std::string> read_private_file(const std::string& path, std::size_t bytes_max);

}  // namespace tsp::linux_
