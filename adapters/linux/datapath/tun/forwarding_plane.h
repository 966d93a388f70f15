// SPDX-License-Identifier: Apache-2.0
//
// Everything that forwards: sockets, device, routes and the workers between them. The table and the reports are what
// the main thread has to do with it.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/datapath/datapath_counters.h"
#include "adapters/linux/datapath/pool_routing.h"
#include "adapters/linux/datapath/tun/shared_state.h"
#include "adapters/linux/datapath/tun/tun_datapath.h"
#include "adapters/linux/datapath/tun/tun_device.h"
#include "adapters/linux/datapath/tun/worker.h"
#include "adapters/linux/net/outer_socket.h"

namespace tsp::linux_ {

class ForwardingPlane {
 public:
  // See TunDatapath::open.
  [[nodiscard]] static std::expected<std::unique_ptr<ForwardingPlane>, std::string> open(const TunOptions& options);
  // See TunDatapath::begin_forwarding.
  [[nodiscard]] std::expected<void, std::string> begin();

  [[nodiscard]] SharedState& shared() { return shared_; }
  [[nodiscard]] const PoolRouting& routing() const { return *routing_; }
  // Which of a worker's sockets serves the address (port 0: without ports); none: no one does.
  [[nodiscard]] std::optional<std::size_t> listener_of(const Endpoint& local) const;
  // False: nothing listens on path.local, or the kernel refused.
  [[nodiscard]] bool send(const FourTuple& path, ByteView payload) const;
  // An IPv4 or IPv6 packet that the host is to take for one of a client. False: the kernel refused. From any thread.
  [[nodiscard]] bool inject(ByteView packet) const;
  [[nodiscard]] DatapathCounters counters() const;
  [[nodiscard]] std::vector<NamedDescriptor> descriptors() const;

 private:
  using Sockets = std::vector<OuterSocket>;

  ForwardingPlane(FileDescriptor event, const TunOptions& options);
  [[nodiscard]] std::expected<void, std::string> open_sockets(const TunOptions& options);
  // For every worker, on each of these addresses.
  [[nodiscard]] std::expected<void, std::string> open_bare_sockets(const std::set<IPv6Address>& addresses,
                                                                   InheritedDescriptors& inherited);
  [[nodiscard]] std::expected<void, std::string> open_device(const TunOptions& options);
  [[nodiscard]] std::expected<void, std::string> start_workers();

  // Destroyed in reverse order: first the workers stop, then the device goes, then the routes.
  SharedState shared_;
  std::optional<PoolRouting> routing_;
  TunDevice device_;
  std::vector<Sockets> sockets_;  // by worker
  std::vector<std::unique_ptr<Worker>> workers_;
  bool took_over_ = false;  // the device, and with it packets that wait for tunnels
  bool begun_ = false;
};

}  // namespace tsp::linux_
