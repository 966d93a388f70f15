// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/bare_carrier.h"

#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/linux/client/connected_socket.h"
#include "core/base/assert.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"

namespace tsp::linux_ {

namespace {

// Of what a raw socket gets: the IPv4 header, then the inner packet.
bool want_echo_replies_only(int fd) {
  std::array code{
      sock_filter BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),  // the length of the IPv4 header
      sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_IND, dataplane::kNextHeaderAt),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
      sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_IND, dataplane::kIPv6HeaderSize),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REPLY, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, DatagramBatch::kMergedSizeMax),
      sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog program{.len = code.size(), .filter = code.data()};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

}  // namespace

std::expected<std::unique_ptr<BareCarrier>, std::string> BareCarrier::open(asio::io_context& io,
                                                                           const IPv6Address& local,
                                                                           const IPv6Address& server, Wanted wanted,
                                                                           Arrived arrived) {
  const bool over_ipv4 = is_mapped(server);
  TSP_ASSERT(over_ipv4 || wanted == Wanted::Everything);
  auto fd = connect_bare(local, server);
  if (!fd) return std::unexpected(fd.error());
  if (wanted == Wanted::EchoReplies && !want_echo_replies_only(fd->get())) {
    return std::unexpected(std::string("protocol 41: ") + std::strerror(errno));
  }
  return std::unique_ptr<BareCarrier>(new BareCarrier(io, std::move(*fd), over_ipv4, std::move(arrived)));
}

BareCarrier::BareCarrier(asio::io_context& io, FileDescriptor fd, bool over_ipv4, Arrived arrived)
    : descriptor_(io, fd.release()), over_ipv4_(over_ipv4), arrived_(std::move(arrived)) {
  wait();
}

void BareCarrier::wait() {
  descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this, alive = std::weak_ptr(alive_)](const asio::error_code& error) {
                           if (!error && !alive.expired()) receive();
                         });
}

void BareCarrier::receive() {
  const std::weak_ptr alive(alive_);
  const int count = batch_.receive(descriptor_.native_handle());
  for (int i = 0; i < count; ++i) {
    const std::span datagram = batch_.at(static_cast<std::size_t>(i));
    if (datagram.empty()) continue;
    // A raw socket leaves the header on in IPv4, and takes it off in IPv6.
    const std::size_t header = over_ipv4_ ? static_cast<std::size_t>(datagram[0] & 0xF) * 4 : 0;
    if (datagram.size() > header) arrived_(datagram.subspan(header));
    if (alive.expired()) return;
  }
  wait();
}

}  // namespace tsp::linux_
