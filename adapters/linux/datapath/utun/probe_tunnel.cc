// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/probe_tunnel.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "adapters/linux/datapath/utun/orders.h"
#include "adapters/linux/net/udp_message.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/probe.h"

namespace tsp::linux_::utun {
namespace {

constexpr IPv4Address kLoopback{{127, 0, 0, 1}};
// Probes are smaller by far; what is larger need not be looked at.
constexpr std::uint32_t kProbeBytesMax = 256;

Endpoint reachable(const Endpoint& listen) {
  return is_any(listen.address) ? make_endpoint(kLoopback, listen.port) : listen;
}

// Small packets that leave by the device. A busy broker's others must not fill the socket.
bool take_probes_only(int fd) {
  std::array code{
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, kProbeBytesMax, 3, 0),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, kProbeBytesMax),
      sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog program{.len = static_cast<unsigned short>(code.size()), .filter = code.data()};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

// Needs CAP_NET_RAW. Not valid: nothing can be seen.
FileDescriptor open_tap(std::uint32_t device) {
  // Without a protocol it hears nothing until it is bound to the device.
  FileDescriptor tap(socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);  // of one protocol alone the kernel shows only what comes in
  address.sll_ifindex = static_cast<int>(device);
  if (!tap.valid() || !take_probes_only(tap.get()) ||
      bind(tap.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {};
  }
  return tap;
}

FileDescriptor open_client(const Endpoint& broker) {
  FileDescriptor client(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP));
  const SocketAddress own = to_socket_address({broker.address, 0});
  const SocketAddress to = to_socket_address(broker);
  if (!client.valid() || bind(client.get(), &own.any, own.size()) != 0 ||
      connect(client.get(), &to.any, to.size()) != 0) {
    return {};
  }
  return client;
}

std::optional<Endpoint> own_end(int fd) {
  SocketAddress address{};
  socklen_t size = sizeof address;
  if (getsockname(fd, &address.any, &size) != 0) return std::nullopt;
  return to_endpoint(address);
}

}  // namespace

ProbeTunnel::ProbeTunnel(std::unique_ptr<NetlinkChannel> channel, const Endpoint& listen,
                         const IPv6Address& server_address, ProbeWatch& probes)
    : broker_(reachable(listen)), server_address_(server_address), probes_(probes), requester_(std::move(channel)) {}

ProbeTunnel::~ProbeTunnel() {
  end();
}

void ProbeTunnel::aim(const Target& target) {
  const std::lock_guard lock(mutex_);
  target_ = target;
  remove();
}

void ProbeTunnel::begin() {
  const std::lock_guard lock(mutex_);
  if (!target_) return;
  tap_ = open_tap(target_->device);
  client_ = open_client(broker_);
}

void ProbeTunnel::end() {
  const std::lock_guard lock(mutex_);
  if (inner_) remove();
  tap_.close();
  client_.close();
}

void ProbeTunnel::look() {
  const std::lock_guard lock(mutex_);
  std::array<std::uint8_t, kProbeBytesMax> packet{};
  for (;;) {
    const ssize_t size = tap_.valid() ? recv(tap_.get(), packet.data(), packet.size(), 0) : -1;
    if (size < 0) return;
    const ByteView seen = ByteView(packet).first(static_cast<std::size_t>(size));
    if (dataplane::has_ip_header(seen)) probes_.note(dataplane::read_probe(seen));
  }
}

bool ProbeTunnel::inject(ByteView packet) {
  const std::lock_guard lock(mutex_);
  if (!tap_.valid() || !client_.valid() || !dataplane::has_ip_header(packet) || dataplane::is_ipv4(packet))
    return false;
  if (dataplane::destination_of(packet) == server_address_) return false;
  if (!install(dataplane::source_of(packet))) return false;
  return send(client_.get(), packet.data(), packet.size(), 0) == static_cast<ssize_t>(packet.size());
}

std::optional<TunnelId> ProbeTunnel::id() const {
  return installed_.load(std::memory_order_relaxed) ? std::optional(kProbeTunnel) : std::nullopt;
}

bool ProbeTunnel::install(const IPv6Address& inner) {
  // Each time: it gives way to whatever the core installs meanwhile.
  const auto own = own_end(client_.get());
  if (!own || !target_) return false;
  const InstallTunnel order{.op = {},
                            .spec = {.id = kProbeTunnel,
                                     .path = {.remote = *own, .local = broker_},
                                     .inner = inner,
                                     .delegated = {},
                                     .server_address = server_address_},
                            .replaces = {kProbeTunnel}};
  installed_.store(true, std::memory_order_relaxed);
  if (requester_.exchange(add_tunnel(*target_, order)).error == 0) {
    inner_ = inner;
  } else {
    remove();
  }
  return inner_.has_value();
}

void ProbeTunnel::remove() {
  inner_.reset();
  if (target_) {
    [[maybe_unused]] const NetlinkAnswer ignored =
        requester_.exchange(delete_tunnel(*target_, {.op = {}, .id = kProbeTunnel, .unless_seen_since = {}}));
  }
  installed_.store(false, std::memory_order_relaxed);
}

}  // namespace tsp::linux_::utun
