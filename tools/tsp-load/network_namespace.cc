// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/network_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <cerrno>
#include <cstring>

#include "core/base/assert.h"

namespace tsp::load {

std::expected<InNetworkNamespace, std::string> InNetworkNamespace::enter(const std::string& name) {
  if (name.empty()) return InNetworkNamespace(linux_::FileDescriptor());
  linux_::FileDescriptor home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  const linux_::FileDescriptor target(::open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC));
  if (!home.valid() || !target.valid() || ::setns(target.get(), CLONE_NEWNET) != 0) {
    return std::unexpected("cannot enter the network namespace " + name + ": " + std::strerror(errno));
  }
  return InNetworkNamespace(std::move(home));
}

InNetworkNamespace::~InNetworkNamespace() {
  if (home_.valid()) TSP_ASSERT(::setns(home_.get(), CLONE_NEWNET) == 0);
}

}  // namespace tsp::load
