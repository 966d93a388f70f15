// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <utility>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

// The right to make a Unix socket at a path: its folder exists, nobody listens there, and what a killed predecessor
// left is gone. As long as this lives, nobody else can get it for a path in the same folder.
class SocketPlace {
 public:
  // Error: one line for the operator.
  [[nodiscard]] static std::expected<SocketPlace, std::string> take(const std::string& path);

 private:
  explicit SocketPlace(FileDescriptor folder) : folder_(std::move(folder)) {}
  FileDescriptor folder_;  // locked until it is closed
};

}  // namespace tsp::linux_
