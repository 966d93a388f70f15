// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that were open when the process began: of the service manager's socket units, or those that it kept for
// it since an earlier run. Each is recognised by what it is; the names that the manager has for them do not matter.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

class InheritedDescriptors {
 public:
  InheritedDescriptors() = default;
  explicit InheritedDescriptors(std::vector<FileDescriptor> descriptors) : left_(std::move(descriptors)) {}

  // Each call takes one that is just that, and is not blocking from then on; none: there is none (any more).
  [[nodiscard]] std::optional<FileDescriptor> take_udp(const Endpoint& local);
  [[nodiscard]] std::optional<FileDescriptor> take_listener(const Endpoint& local);  // TCP
  [[nodiscard]] std::optional<FileDescriptor> take_bare(const IPv6Address& local);   // IPv6 in IPv4, or IPv4 in IPv6
  [[nodiscard]] std::optional<FileDescriptor> take_tun(const std::string& device);   // a queue of it

  // What was taken, a line each, for people.
  [[nodiscard]] const std::vector<std::string>& taken() const { return taken_; }
  // Closes what nobody has taken, and tells what that was.
  [[nodiscard]] std::vector<std::string> close_rest();

 private:
  template <class IsWanted>
  std::optional<FileDescriptor> take(IsWanted is_wanted);

  std::vector<FileDescriptor> left_;
  std::vector<std::string> taken_;
};

}  // namespace tsp::linux_
