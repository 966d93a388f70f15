// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/protocol_41.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {

std::expected<std::unique_ptr<Protocol41>, std::string> Protocol41::open(asio::io_context& io,
                                                                         const IPv4Address& server, Arrived arrived) {
  const auto failure = [] { return std::unexpected(std::string("protocol 41: ") + std::strerror(errno)); };
  FileDescriptor fd(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_IPV6));
  if (!fd.valid()) return failure();
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
    const ByteView datagram = batch_.at(static_cast<std::size_t>(i));
    if (datagram.empty()) continue;
    const std::size_t header = static_cast<std::size_t>(datagram[0] & 0xF) * 4;  // a raw socket leaves it on
    if (datagram.size() > header) arrived_(datagram.subspan(header));
    if (alive.expired()) return;
  }
  wait();
}

}  // namespace tsp::linux_
