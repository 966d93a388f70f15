// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/forwarding_plane.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "adapters/linux/datapath/tunnel_checks.h"
#include "core/dataplane/vnet_header.h"

namespace tsp::linux_ {
namespace {

using Result = std::expected<void, std::string>;

constexpr unsigned kWorkersMax = 64;

Result check_options(const TunOptions& options) {
  if (auto valid = check_device_name(options.device); !valid) return valid;
  if (options.workers == 0 || options.workers > kWorkersMax) {
    return std::unexpected("the number of workers must be 1 to " + std::to_string(kWorkersMax));
  }
  if (auto valid = check_listen(options.listen); !valid) return valid;
  if (options.ipv4_pool && std::ranges::all_of(options.listen, &Endpoint::is_ipv4)) {
    return std::unexpected("v4v6 tunnels need an IPv6 address to listen on");
  }
  return {};
}

std::optional<IPv6Address> ipv4_server_of(const TunOptions& options) {
  return options.ipv4_pool ? std::optional(options.ipv4_pool->server_address) : std::nullopt;
}

std::vector<port::InnerPool> pools_of(const TunOptions& options) {
  std::vector<port::InnerPool> pools{{.prefix = options.pool, .server_address = options.server_address}};
  if (options.ipv4_pool) pools.push_back(*options.ipv4_pool);
  return pools;
}

}  // namespace

ForwardingPlane::ForwardingPlane(FileDescriptor event, const TunOptions& options)
    : shared_(std::move(event), options.server_address, ipv4_server_of(options)) {}

std::expected<std::unique_ptr<ForwardingPlane>, std::string> ForwardingPlane::open(const TunOptions& options) {
  if (auto valid = check_options(options); !valid) return std::unexpected(valid.error());
  auto event = ReportQueue::make_event();
  if (!event) return std::unexpected(event.error());
  std::unique_ptr<ForwardingPlane> plane(new ForwardingPlane(std::move(*event), options));
  if (auto done = plane->open_sockets(options); !done) return std::unexpected(done.error());
  if (options.protocol_41) {
    if (auto done = plane->open_bare_sockets(addresses_of(options.listen, true)); !done) {
      return std::unexpected(done.error());
    }
  }
  if (options.ipv4_pool) {
    if (auto done = plane->open_bare_sockets(addresses_of(options.listen, false)); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto done = plane->open_device(options); !done) return std::unexpected(done.error());
  if (auto done = plane->start_workers(); !done) return std::unexpected(done.error());
  return plane;
}

Result ForwardingPlane::open_sockets(const TunOptions& options) {
  for (const Endpoint& local : options.listen) {
    if (auto free = check_port_free(local); !free) return free;
  }
  for (unsigned i = 0; i < options.workers; ++i) {
    Sockets& sockets = sockets_.emplace_back();
    for (const Endpoint& local : options.listen) {
      auto socket = OuterSocket::open_udp({.local = local, .share_port = true, .merge_received = options.offloads});
      if (!socket) return std::unexpected(socket.error());
      sockets.push_back(std::move(*socket));
    }
  }
  return {};
}

Result ForwardingPlane::open_bare_sockets(const std::set<IPv6Address>& addresses) {
  const auto workers = static_cast<std::uint32_t>(sockets_.size());
  for (const IPv6Address& local : addresses) {
    for (std::uint32_t i = 0; i < workers; ++i) {
      auto socket = OuterSocket::open_bare({.local = local, .shares = workers, .share = i});
      if (!socket) return std::unexpected(socket.error());
      sockets_[i].push_back(std::move(*socket));
    }
  }
  return {};
}

Result ForwardingPlane::open_device(const TunOptions& options) {
  const PoolRoutingOptions routing{.device = options.device,
                                   .device_mtu = options.device_mtu,
                                   .pools = pools_of(options),
                                   .leases_elsewhere = !options.leases.other_pools.empty()};
  auto netlink = RouteSocket::open();
  if (!netlink) return std::unexpected(netlink.error());
  if (auto free = check_host_is_free(*netlink, routing); !free) return free;
  auto device = TunDevice::open(options.device, options.workers, options.offloads);
  if (!device) return std::unexpected(device.error());
  device_ = std::move(*device);
  auto established = PoolRouting::establish(std::move(*netlink), routing);
  if (!established) return std::unexpected(established.error());
  routing_.emplace(std::move(*established));
  shared_.offloads.tun_tcp = device_.takes_tcp;
  shared_.offloads.tun_udp = device_.takes_udp;
  shared_.offloads.udp_segment = options.offloads;
  return {};
}

Result ForwardingPlane::start_workers() {
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    workers_.push_back(std::make_unique<Worker>(shared_, sockets_[i], device_.queues[i].get()));
    if (auto started = workers_.back()->start(); !started) return started;
  }
  return {};
}

std::optional<std::size_t> ForwardingPlane::listener_of(const Endpoint& local) const {
  const Sockets& sockets = sockets_.front();
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    if (sockets[i].serves(local)) return i;
  }
  return std::nullopt;
}

bool ForwardingPlane::send(const FourTuple& path, ByteView payload) const {
  const auto listener = listener_of(path.local);
  return listener && path.remote.is_ipv4() == path.local.is_ipv4() &&
         send_datagram(sockets_.front()[*listener], path, payload);
}

bool ForwardingPlane::inject(ByteView packet) const {
  Bytes bytes(sizeof(dataplane::VnetHeader));  // all zero: nothing left to the kernel
  bytes.insert(bytes.end(), packet.begin(), packet.end());
  return ::write(device_.queues.front().get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
}

DatapathCounters ForwardingPlane::counters() const {
  DatapathCounters sum;
  for (const auto& worker : workers_) worker->counters().add_to(sum);
  sum.offloads.udp_gro = sockets_.front().front().merges_received();
  sum.offloads.tun_tso = shared_.offloads.tun_tcp.load(std::memory_order_relaxed);
  sum.offloads.tun_uso = shared_.offloads.tun_udp.load(std::memory_order_relaxed);
  sum.offloads.udp_segment = shared_.offloads.udp_segment.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace tsp::linux_
