// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

// Opens a regular file to read a secret from it, if nobody but its owner may use it. The error continues a sentence
// that begins with the path.
[[nodiscard]] std::expected<FileDescriptor, std::string> open_private_file(const std::string& path);

}  // namespace tsp::linux_
