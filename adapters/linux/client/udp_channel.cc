// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/udp_channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include <asio/post.hpp>

#include "adapters/linux/client/connected_socket.h"

namespace tsp::linux_ {
namespace {

bool is_icmp_error(int code) {
  return code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH;
}

}  // namespace

UdpChannel::UdpChannel(asio::io_context& io, ChannelEvents events)
    : io_(io), descriptor_(io), events_(std::move(events)) {}

void UdpChannel::begin(const client::ServerName& server, client::OuterFamily family) {
  resolve_.emplace(io_, server, family, [weak = weak_from_this()](const std::expected<Endpoint, std::string>& remote) {
    if (const auto self = weak.lock()) self->connect(remote);
  });
}

void UdpChannel::abandon() {
  abandoned_ = true;
  resolve_.reset();
  asio::error_code ignored;
  descriptor_.close(ignored);
}

void UdpChannel::connect(const std::expected<Endpoint, std::string>& remote) {
  if (abandoned_) return;
  if (!remote) return fail(remote.error());
  auto fd = connect_udp(*remote);
  if (!fd) return fail(fd.error());
  const Endpoint local = local_of(fd->get());
  descriptor_.assign(fd->release());
  wait();
  events_.opened(local, *remote);
}

void UdpChannel::fail(std::string reason) {
  abandoned_ = true;
  events_.failed(std::move(reason));
}

void UdpChannel::send(ByteView bytes) {
  if (!descriptor_.is_open()) return;
  const int fd = descriptor_.native_handle();
  if (::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT) >= 0 || !is_icmp_error(errno)) return;
  // The error is an earlier datagram's; this one has not been tried yet.
  static_cast<void>(::send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT));
  asio::post(io_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->note_unreachable();
  });
}

int UdpChannel::datagram_fd() const {
  return descriptor_.is_open() ? const_cast<asio::posix::stream_descriptor&>(descriptor_).native_handle() : -1;
}

void UdpChannel::wait() {
  descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [weak = weak_from_this()](const asio::error_code& error) {
                           const auto self = weak.lock();
                           if (self && !error) self->receive();
                         });
}

void UdpChannel::receive() {
  const int count = batch_.receive(descriptor_.native_handle());
  if (count < 0 && is_icmp_error(errno)) note_unreachable();
  for (int i = 0; i < count && !abandoned_; ++i) events_.arrived(batch_.at(static_cast<std::size_t>(i)));
  if (!abandoned_) wait();
}

void UdpChannel::note_unreachable() {
  if (!abandoned_) events_.unreachable();
}

}  // namespace tsp::linux_
