// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/forwarding_plane.h"

#include <fcntl.h>
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

std::vector<FileDescriptor> inherited_queues(const TunOptions& options) {
  std::vector<FileDescriptor> queues;
  while (queues.size() < options.workers) {
    auto queue = options.inherited->take_tun(options.device);
    if (!queue) break;
    queues.push_back(std::move(*queue));
  }
  return queues;
}

// One of several on a port that the service manager has bound, as another user perhaps, with whom it cannot be shared:
// then the workers share the socket.
std::expected<OuterSocket, std::string> open_beside(const OuterSocket& first, const UdpSocketOptions& options) {
  if (auto own = OuterSocket::open_udp(options)) return own;
  return OuterSocket::adopt_udp(FileDescriptor(fcntl(first.fd(), F_DUPFD_CLOEXEC, 0)), options);
}

}  // namespace

ForwardingPlane::ForwardingPlane(FileDescriptor event, const TunOptions& options)
    : shared_(std::move(event), options.server_address, ipv4_server_of(options)) {}

std::expected<std::unique_ptr<ForwardingPlane>, std::string> ForwardingPlane::open(const TunOptions& given) {
  InheritedDescriptors none;
  TunOptions options = given;
  if (options.inherited == nullptr) options.inherited = &none;
  if (auto valid = check_options(options); !valid) return std::unexpected(valid.error());
  auto event = ReportQueue::make_event();
  if (!event) return std::unexpected(event.error());
  std::unique_ptr<ForwardingPlane> plane(new ForwardingPlane(std::move(*event), options));
  if (auto done = plane->open_sockets(options); !done) return std::unexpected(done.error());
  if (options.protocol_41) {
    if (auto done = plane->open_bare_sockets(addresses_of(options.listen, true), *options.inherited); !done) {
      return std::unexpected(done.error());
    }
  }
  if (options.ipv4_pool) {
    if (auto done = plane->open_bare_sockets(addresses_of(options.listen, false), *options.inherited); !done) {
      return std::unexpected(done.error());
    }
  }
  if (auto done = plane->open_device(options); !done) return std::unexpected(done.error());
  if (auto done = plane->start_workers(); !done) return std::unexpected(done.error());
  if (plane->took_over_) return plane;
  if (auto done = plane->begin(); !done) return std::unexpected(done.error());
  return plane;
}

Result ForwardingPlane::open_sockets(const TunOptions& options) {
  sockets_.resize(options.workers);
  for (const Endpoint& local : options.listen) {
    const UdpSocketOptions wanted{.local = local, .share_port = true, .merge_received = options.offloads};
    bool inherited = false;
    for (Sockets& sockets : sockets_) {
      auto fd = options.inherited->take_udp(local);
      const bool first = &sockets == &sockets_.front();
      if (first) inherited = fd.has_value();
      if (first && !fd) {
        if (auto free = check_port_free(local); !free) return free;
      }
      auto socket = fd          ? OuterSocket::adopt_udp(std::move(*fd), wanted)
                    : inherited ? open_beside(sockets_.front().back(), wanted)
                                : OuterSocket::open_udp(wanted);
      if (!socket) return std::unexpected(socket.error());
      sockets.push_back(std::move(*socket));
    }
  }
  return {};
}

Result ForwardingPlane::open_bare_sockets(const std::set<IPv6Address>& addresses, InheritedDescriptors& inherited) {
  const auto workers = static_cast<std::uint32_t>(sockets_.size());
  for (const IPv6Address& local : addresses) {
    for (std::uint32_t i = 0; i < workers; ++i) {
      const BareSocketOptions wanted{.local = local, .shares = workers, .share = i};
      auto fd = inherited.take_bare(local);
      auto socket = fd ? OuterSocket::adopt_bare(std::move(*fd), wanted) : OuterSocket::open_bare(wanted);
      if (!socket) return std::unexpected(socket.error());
      sockets_[i].push_back(std::move(*socket));
    }
  }
  return {};
}

Result ForwardingPlane::open_device(const TunOptions& options) {
  auto queues = inherited_queues(options);
  took_over_ = !queues.empty();
  const PoolRoutingOptions routing{.device = options.device,
                                   .inherited = took_over_,
                                   .device_mtu = options.device_mtu,
                                   .pools = pools_of(options),
                                   .leases_elsewhere = !options.leases.other_pools.empty()};
  auto netlink = RouteSocket::open();
  if (!netlink) return std::unexpected(netlink.error());
  if (auto free = check_host_is_free(*netlink, routing); !free) return free;
  auto device = TunDevice::open(options.device, options.workers, options.offloads, std::move(queues));
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

Result ForwardingPlane::begin() {
  if (std::exchange(begun_, true)) return {};
  for (const auto& worker : workers_) {
    if (auto begun = worker->begin(); !begun) return begun;
  }
  return {};
}

std::vector<NamedDescriptor> ForwardingPlane::descriptors() const {
  std::vector<NamedDescriptor> out;
  for (const FileDescriptor& queue : device_.queues) out.push_back({queue.get(), "tun"});
  for (const Sockets& sockets : sockets_) {
    for (const OuterSocket& socket : sockets) out.push_back({socket.fd(), socket.is_udp() ? "udp" : "bare"});
  }
  return out;
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
