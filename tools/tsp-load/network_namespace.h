// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::load {

// While the object lives, the calling thread is in the network namespace; sockets opened then stay there.
class InNetworkNamespace {
 public:
  // `name` as `ip netns` knows it; empty: nothing changes. Error: one line.
  [[nodiscard]] static std::expected<InNetworkNamespace, std::string> enter(const std::string& name);
  InNetworkNamespace(InNetworkNamespace&&) = default;
  InNetworkNamespace& operator=(InNetworkNamespace&&) = delete;
  ~InNetworkNamespace();

 private:
  explicit InNetworkNamespace(linux_::FileDescriptor home) : home_(std::move(home)) {}

  linux_::FileDescriptor home_;
};

}  // namespace tsp::load
