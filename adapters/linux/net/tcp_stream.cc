// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/tcp_stream.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include <asio/buffer.hpp>
#include <asio/post.hpp>

namespace tsp::linux_ {
namespace {

constexpr Duration kDrainPollFirst = std::chrono::milliseconds(2);
constexpr Duration kDrainPollLongest = std::chrono::milliseconds(100);

// A vanished peer is noticed after about two minutes of silence.
constexpr int kKeepaliveIdleSeconds = 60;
constexpr int kKeepaliveIntervalSeconds = 20;
constexpr int kKeepaliveProbes = 3;

}  // namespace

TcpStream::TcpStream(asio::ip::tcp::socket socket, const TcpStreamLimits& limits, TcpStreamEvents events)
    : socket_(std::move(socket)),
      deadline_(socket_.get_executor()),
      drain_poll_(socket_.get_executor()),
      limits_(limits),
      events_(std::move(events)) {}

void TcpStream::start() {
  set_options();
  read();
}

void TcpStream::set_options() {
  const auto set = [fd = socket_.native_handle()](int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof value);
  };
  const auto write_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(limits_.write_timeout);
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(write_timeout.count()));
}

void TcpStream::read() {
  socket_.async_read_some(
      asio::buffer(buffer_),
      [self = shared_from_this()](const std::error_code& error, std::size_t size) { self->on_read(!error, size); });
}

void TcpStream::on_read(bool ok, std::size_t size) {
  if (state_ == State::Gone) return;
  if (!ok) {
    peer_done_ = true;
    if (state_ == State::Open) fail();
    if (shut_down_) vanish();
    return;
  }
  if (state_ == State::Open) events_.bytes_arrived(ByteView(buffer_).first(size));
  if (state_ != State::Gone) read();
}

void TcpStream::send(Bytes bytes, bool report_drained) {
  if (state_ != State::Open || bytes.empty()) return;
  unsent_bytes_ += bytes.size();
  if (unsent_bytes_ > limits_.unsent_bytes_max) {
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->fail(); });
    return;
  }
  unsent_.push_back({std::move(bytes), 0, report_drained});
  if (!writing_) write();
}

void TcpStream::write() {
  writing_ = true;
  deadline_.expires_after(limits_.write_timeout);
  deadline_.async_wait([self = shared_from_this()](const std::error_code& error) {
    if (!error && self->writing_) self->fail();
  });
  const Chunk& chunk = unsent_.front();
  // MSG_EOR keeps the kernel from merging the next write into this segment, also when it is retransmitted.
  socket_.async_send(
      asio::buffer(chunk.bytes) + chunk.sent, MSG_EOR | MSG_NOSIGNAL,
      [self = shared_from_this()](const std::error_code& error, std::size_t size) { self->on_written(!error, size); });
}

void TcpStream::on_written(bool ok, std::size_t size) {
  writing_ = false;
  if (state_ == State::Gone) return;
  if (!ok) {
    fail();
    return;
  }
  Chunk& chunk = unsent_.front();
  chunk.sent += size;
  unsent_bytes_ -= size;
  if (chunk.sent == chunk.bytes.size()) {
    const bool report_drained = chunk.report_drained;
    unsent_.pop_front();
    if (report_drained) poll_drained(kDrainPollFirst, {});
  }
  if (!unsent_.empty()) {
    write();
    return;
  }
  deadline_.cancel();
  finish_when_sent();
}

void TcpStream::poll_drained(Duration pause, Duration waited) {
  if (state_ != State::Open) return;
  int unacknowledged = 0;
  if (ioctl(socket_.native_handle(), SIOCOUTQ, &unacknowledged) != 0 || waited > limits_.write_timeout) {
    fail();
    return;
  }
  if (unacknowledged == 0) {
    events_.drained();
    return;
  }
  drain_poll_.expires_after(pause);
  drain_poll_.async_wait([self = shared_from_this(), pause, waited](const std::error_code& error) {
    if (!error) self->poll_drained(std::min(pause * 2, kDrainPollLongest), waited + pause);
  });
}

void TcpStream::close() {
  if (state_ != State::Open) return;
  state_ = State::Closing;
  finish_when_sent();
}

void TcpStream::finish_when_sent() {
  if (state_ != State::Closing || writing_ || shut_down_) return;
  shut_down_ = true;
  std::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  if (peer_done_) {
    vanish();
    return;
  }
  deadline_.expires_after(limits_.linger_timeout);
  deadline_.async_wait([self = shared_from_this()](const std::error_code& error) {
    if (!error) self->vanish();
  });
}

void TcpStream::fail() {
  if (state_ == State::Gone) return;
  const bool report = state_ == State::Open;
  const auto self = shared_from_this();
  state_ = State::Closing;
  if (report) events_.closed();
  vanish();
}

void TcpStream::vanish() {
  if (state_ == State::Gone) return;
  const auto gone = std::move(events_.gone);
  abandon();
  if (gone) gone();
}

void TcpStream::abandon() {
  state_ = State::Gone;
  deadline_.cancel();
  drain_poll_.cancel();
  std::error_code ignored;
  socket_.close(ignored);
  events_ = {};
}

}  // namespace tsp::linux_
