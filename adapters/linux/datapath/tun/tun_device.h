// SPDX-License-Identifier: Apache-2.0
//
// The TUN device: one queue a worker, each packet with a VnetHeader before it.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {

struct TunDevice {
  std::string name;
  std::vector<FileDescriptor> queues;
  bool takes_tcp = false;  // super-packets of TCP, both ways
  bool takes_udp = false;  // super-packets of UDP, both ways

  // The device goes with its last queue; a persistent one, too. Queues that were `inherited` are the first.
  // Error: one line; also if the name belongs to a device of another kind.
  [[nodiscard]] static std::expected<TunDevice, std::string> open(const std::string& name, unsigned queues,
                                                                  bool offloads,
                                                                  std::vector<FileDescriptor> inherited = {});
};

}  // namespace tsp::linux_
