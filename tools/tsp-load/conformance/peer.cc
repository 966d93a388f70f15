// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/conformance/peer.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "adapters/linux/net/clock.h"
#include "adapters/linux/net/udp_message.h"
#include "core/wire/udp_header.h"

namespace tsp::load::conformance {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kReplyTimeout = seconds(5);  // over TCP, and until the server closes a stream
constexpr Duration kRetransmission = seconds(1);
constexpr unsigned kTransmissions = 3;
constexpr Duration kPause = milliseconds(20);  // between sessions: servers limit those of one source
constexpr std::size_t kReadMax = 4096;         // what gogoc reads at once

linux_::FileDescriptor open_socket(const Endpoint& server, int kind) {
  const int family = server.is_ipv4() ? AF_INET : AF_INET6;
  return linux_::FileDescriptor(::socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool bind_to(int fd, const Endpoint& local) {
  const linux_::SocketAddress address = linux_::to_socket_address(local);
  return ::bind(fd, &address.any, address.size()) == 0;
}

bool connect_to(int fd, const Endpoint& server) {
  const linux_::SocketAddress address = linux_::to_socket_address(server);
  return ::connect(fd, &address.any, address.size()) == 0;
}

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

// Whether there is something to read within that time.
bool wait_for_input(int fd, Duration timeout) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  const auto rounded_up = std::chrono::ceil<milliseconds>(std::max(timeout, Duration{}));
  return ::poll(&waiting, 1, static_cast<int>(rounded_up.count())) > 0;
}

// A message under its header.
Bytes datagram_of(std::uint32_t word, std::uint32_t timestamp, std::string_view message) {
  return wire::with_header(wire::make_udp_header(wire::Sequence(word), timestamp), message);
}

// Connected within the time-out, or not valid.
linux_::FileDescriptor connect_tcp(const Endpoint& server) {
  linux_::FileDescriptor fd = open_socket(server, SOCK_STREAM);
  if (!fd.valid()) fail("cannot open a socket");
  if (!connect_to(fd.get(), server) && errno != EINPROGRESS) return {};
  pollfd waiting{.fd = fd.get(), .events = POLLOUT, .revents = 0};
  ::poll(&waiting, 1, static_cast<int>(std::chrono::duration_cast<milliseconds>(kReplyTimeout).count()));
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if ((waiting.revents & POLLOUT) == 0 || error != 0) return {};
  ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) & ~O_NONBLOCK);
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

}  // namespace

UdpPeer::UdpPeer(const Target& target, UdpOptions options)
    : target_(target), fd_(open_socket(target.server, SOCK_DGRAM)), next_word_(options.first_word) {
  std::this_thread::sleep_for(kPause);
  if (!fd_.valid()) fail("cannot open a socket");
  need(bind_to(fd_.get(), {target.local, options.source_port}),
       "port " + std::to_string(options.source_port) + " cannot be used here");
}

std::string UdpPeer::ask(std::string_view message) {
  need(target_.udp.has_value(), "the server does not greet over UDP");
  word_ = next_word_;
  next_word_ = 0xF0000000U | (word_ + 1);
  message_ = message;
  timestamp_ += 20;
  return exchange(word_, timestamp_, message);
}

void UdpPeer::say(std::string_view message) {
  send(datagram_of(next_word_, timestamp_, message));
  next_word_ = 0xF0000000U | (next_word_ + 1);
}

std::string UdpPeer::exchange(std::uint32_t word, std::uint32_t timestamp, std::string_view message) {
  const Bytes datagram = datagram_of(word, timestamp, message);
  const ByteView header = ByteView(datagram).first(wire::kUdpHeaderSize);
  std::string_view found;
  for (unsigned i = 0; i < kTransmissions; ++i) {
    send(datagram);
    const Instant give_up = linux_::read_clock().mono + kRetransmission;
    while (const auto reply = receive(give_up - linux_::read_clock().mono)) {
      if ((*reply)[0] >> 4 != 0xF) continue;  // a packet of the tunnel
      require(reply->size() >= wire::kUdpHeaderSize, "a reply shorter than its header");
      if (std::ranges::equal(ByteView(*reply).first(wire::kUdpHeaderSize), header)) {
        return std::string(as_text(ByteView(*reply).subspan(wire::kUdpHeaderSize)));
      }
      found = ", or under another header only";  // or late, to a message before
    }
  }
  throw Violation("no reply to " + shown(message) + std::string(found));
}

void UdpPeer::send(ByteView datagram) {
  const linux_::SocketAddress to = linux_::to_socket_address(target_.server);
  ::sendto(fd_.get(), datagram.data(), datagram.size(), 0, &to.any, to.size());
}

std::optional<Bytes> UdpPeer::receive(Duration timeout) {
  const Instant give_up = linux_::read_clock().mono + timeout;
  while (wait_for_input(fd_.get(), give_up - linux_::read_clock().mono)) {
    Bytes datagram(UINT16_MAX);
    linux_::SocketAddress source{};
    socklen_t source_size = sizeof source;
    const ssize_t size = ::recvfrom(fd_.get(), datagram.data(), datagram.size(), 0, &source.any, &source_size);
    if (size <= 0) continue;
    const Endpoint from = linux_::to_endpoint(source);
    require(from == target_.server, "an answer came from " + to_text(from));
    datagram.resize(static_cast<std::size_t>(size));
    return datagram;
  }
  return std::nullopt;
}

std::optional<Bytes> UdpPeer::receive_packet(Duration timeout) {
  const Instant give_up = linux_::read_clock().mono + timeout;
  while (auto datagram = receive(give_up - linux_::read_clock().mono)) {
    if ((*datagram)[0] >> 4 == 6) return datagram;
  }
  return std::nullopt;
}

bool UdpPeer::is_ignored(ByteView datagram) {
  send(datagram);
  return !receive(target_.patience);
}

bool UdpPeer::is_ignored(std::uint32_t word, std::string_view message) {
  return is_ignored(datagram_of(word, 1, message));
}

TcpPeer::TcpPeer(const Target& target) : target_(target) {
  std::this_thread::sleep_for(kPause);
  need(target.tcp.has_value(), "the server does not greet over TCP");
  fd_ = connect_tcp(target.server);
  need(fd_.valid(), "no connection to the server");
}

std::string TcpPeer::ask(std::string_view message) {
  send(message);
  std::string reply = receive();
  require(!reply.empty(), "the connection ended in place of a reply to " + shown(message));
  return reply;
}

void TcpPeer::send(std::string_view bytes) {
  ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

std::string TcpPeer::receive() {
  require(readable(kReplyTimeout), "no reply over TCP");
  std::array<char, kReadMax> buffer{};
  const ssize_t size = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

bool TcpPeer::is_closed() {
  return readable(kReplyTimeout) && receive().empty();
}

bool TcpPeer::is_silent() {
  return !readable(target_.patience);
}

bool TcpPeer::readable(Duration timeout) const {
  return wait_for_input(fd_.get(), timeout);
}

std::expected<IPv6Address, std::string> local_address_towards(const Endpoint& server) {
  const linux_::FileDescriptor fd = open_socket(server, SOCK_DGRAM);
  linux_::SocketAddress local{};
  socklen_t size = sizeof local;
  if (!fd.valid() || !connect_to(fd.get(), server) || ::getsockname(fd.get(), &local.any, &size) != 0) {
    return std::unexpected("no way to " + to_text(server) + ": " + std::strerror(errno));
  }
  return linux_::to_endpoint(local).address;
}

bool accepts_tcp(const Endpoint& server) {
  return connect_tcp(server).valid();
}

}  // namespace tsp::load::conformance
