// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/protocol_41.h"

#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/linux/net/udp_message.h"
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
      sock_filter BPF_STMT(BPF_RET | BPF_K, DatagramBatch::kSizeMax),
      sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
  };
  const sock_fprog program{.len = code.size(), .filter = code.data()};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

}  // namespace

std::expected<std::unique_ptr<Protocol41>, std::string> Protocol41::open(asio::io_context& io,
                                                                         const IPv4Address& server, Wanted wanted,
                                                                         Arrived arrived) {
  const auto failure = [] { return std::unexpected(std::string("protocol 41: ") + std::strerror(errno)); };
  FileDescriptor fd(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_IPV6));
  if (!fd.valid()) return failure();
  if (wanted == Wanted::EchoReplies && !want_echo_replies_only(fd.get())) return failure();
  const int omit = IP_PMTUDISC_OMIT;
  setsockopt(fd.get(), IPPROTO_IP, IP_MTU_DISCOVER, &omit, sizeof omit);
  const sockaddr_in address = to_sockaddr(make_endpoint(server, 0));
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return failure();
  return std::unique_ptr<Protocol41>(new Protocol41(io, std::move(fd), std::move(arrived)));
}

Protocol41::Protocol41(asio::io_context& io, FileDescriptor fd, Arrived arrived)
    : descriptor_(io, fd.release()), arrived_(std::move(arrived)) {
  wait();
}

void Protocol41::wait() {
  descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this, alive = std::weak_ptr(alive_)](const asio::error_code& error) {
                           if (!error && !alive.expired()) receive();
                         });
}

void Protocol41::receive() {
  const std::weak_ptr alive(alive_);
  const int count = batch_.receive(descriptor_.native_handle());
  for (int i = 0; i < count; ++i) {
    const std::span datagram = batch_.at(static_cast<std::size_t>(i));
    if (datagram.empty()) continue;
    const std::size_t header = static_cast<std::size_t>(datagram[0] & 0xF) * 4;  // a raw socket leaves it on
    if (datagram.size() > header) arrived_(datagram.subspan(header));
    if (alive.expired()) return;
  }
  wait();
}

}  // namespace tsp::linux_
