// SPDX-License-Identifier: Apache-2.0
//
// Puts back the device's addresses and the routes of pools and leases when somebody else removed them.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "adapters/linux/datapath/lease_routes.h"
#include "adapters/linux/datapath/pool_routing.h"

namespace asio {
class io_context;
}

namespace tsp::linux_ {

class RoutingKeeper {
 public:
  // `pools` and `leases` outlive the keeper. Works on the io_context's thread. Error: one line.
  [[nodiscard]] static std::expected<std::unique_ptr<RoutingKeeper>, std::string> open(const PoolRouting& pools,
                                                                                       const LeaseRoutes& leases,
                                                                                       asio::io_context& io);
  ~RoutingKeeper();

  // How often something had to be put back. May be called from any thread.
  [[nodiscard]] std::uint64_t repairs() const;

 private:
  struct Impl;
  explicit RoutingKeeper(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;  // handlers that wait in the io_context have weak references
};

}  // namespace tsp::linux_
