// SPDX-License-Identifier: Apache-2.0
//
// Notices when somebody else takes away what the broker set up: network managers remove foreign routes when they are
// restarted, and a device that goes down loses its addresses.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

class ChangeWatch {
 public:
  // Of the device with that index, and of routes with kRouteProtocol. Error: one line.
  [[nodiscard]] static std::expected<ChangeWatch, std::string> open(int device);

  // Readable when there may be something to look at.
  [[nodiscard]] int fd() const;
  // Looks at what has happened since the last call. True: a route or an address is gone, the device has another state,
  // or the kernel had more to tell than fitted. Never blocks.
  [[nodiscard]] bool changed();

 private:
  RouteSocket socket_;
  int device_ = 0;
};

}  // namespace tsp::linux_
