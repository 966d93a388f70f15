// SPDX-License-Identifier: Apache-2.0
//
// What a datapath must be. The orders and their meaning are in core/include/tsp/datapath.h; every implementation
// passes the suite in datapath_contract/.
//
//  - Each order gets exactly one DatapathDone through the sink, never from inside submit(), on the thread that
//    runs the core. TunnelConfirmed is reported once for each tunnel that was installed unconfirmed.
//  - Packets and orders are concurrent, but a tunnel is found by its path and by its addresses alike or not at all.
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include <tsp/address.h>
#include <tsp/config.h>
#include <tsp/datapath.h>

namespace tsp::port {

// What a host routes into its datapath beside the pool of IPv6 addresses.
struct InnerPool {
  IPv6Prefix prefix;
  IPv6Address server_address;  // the host's own in it
};
// What v4v6 tunnels need; none if they are not served.
[[nodiscard]] inline std::optional<InnerPool> ipv4_pool_of(const BrokerConfig& config) {
  if (!config.serves(TunnelType::V4V6) || !config.ipv4_pool) return std::nullopt;
  return InnerPool{config.ipv4_pool->prefix, config.ipv4_pool->server_address};
}

class Datapath {
 public:
  using Report = std::variant<DatapathDone, TunnelConfirmed, DatapathReset>;
  using Sink = std::function<void(Report)>;

  virtual ~Datapath() = default;
  virtual void submit(DatapathOrder order) = 0;
};

}  // namespace tsp::port
