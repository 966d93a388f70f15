// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/tcp_channel.h"

#include <utility>

#include <asio/buffer.hpp>
#include <asio/write.hpp>

#include "adapters/linux/client/connected_socket.h"
#include "adapters/linux/net/asio_endpoint.h"

namespace tsp::linux_ {

TcpChannel::TcpChannel(asio::io_context& io, ChannelEvents events) : io_(io), socket_(io), events_(std::move(events)) {}

void TcpChannel::begin(const client::ServerName& server, client::OuterFamily family) {
  resolve_.emplace(io_, server, family, [weak = weak_from_this()](const std::expected<Endpoint, std::string>& remote) {
    if (const auto self = weak.lock()) self->connect(remote);
  });
}

void TcpChannel::abandon() {
  abandoned_ = true;
  resolve_.reset();
  asio::error_code ignored;
  socket_.close(ignored);
}

void TcpChannel::send(ByteView bytes) {
  unsent_.emplace_back(bytes.begin(), bytes.end());
  write();
}

void TcpChannel::connect(const std::expected<Endpoint, std::string>& remote) {
  if (abandoned_) return;
  if (!remote) return fail(remote.error());
  const asio::ip::tcp::endpoint to = to_asio(*remote);
  asio::error_code problem;
  socket_.open(to.protocol(), problem);
  if (problem) return fail("TCP to " + to_text(*remote) + ": " + problem.message());
  if (!remote->is_ipv4()) prefer_lasting_address(socket_.native_handle());
  socket_.async_connect(to, [weak = weak_from_this(), remote = *remote](const asio::error_code& error) {
    if (const auto self = weak.lock()) self->connected(remote, error);
  });
}

void TcpChannel::connected(const Endpoint& remote, const asio::error_code& error) {
  if (abandoned_) return;
  if (error) return fail("TCP to " + to_text(remote) + ": " + error.message());
  asio::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  const auto local = socket_.local_endpoint(ignored);
  read();
  events_.opened(from_asio(local), remote);
}

void TcpChannel::read() {
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](const asio::error_code& error, std::size_t size) {
                            if (self->abandoned_) return;
                            if (error == asio::error::eof) return self->fail("the server closed the connection");
                            if (error) return self->fail("TCP: " + error.message());
                            self->events_.arrived(std::span(self->buffer_).first(size));
                            if (!self->abandoned_) self->read();
                          });
}

void TcpChannel::write() {
  if (writing_ || unsent_.empty() || !socket_.is_open()) return;
  writing_ = true;
  asio::async_write(socket_, asio::buffer(unsent_.front()),
                    [self = shared_from_this()](const asio::error_code& error, std::size_t) {
                      self->writing_ = false;
                      // The reader learns of a broken connection too, and reports it.
                      if (self->abandoned_ || error) return;
                      self->unsent_.pop_front();
                      self->write();
                    });
}

void TcpChannel::fail(std::string reason) {
  abandoned_ = true;
  events_.failed(std::move(reason));
}

}  // namespace tsp::linux_
