// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/channel.h"

#include "adapters/linux/client/tcp_channel.h"
#include "adapters/linux/client/udp_channel.h"

namespace tsp::linux_ {
namespace {

// Handlers that are under way may keep the channel itself a little longer than its owner does.
template <class Shared>
class Owner final : public Channel {
 public:
  explicit Owner(std::shared_ptr<Shared> channel) : channel_(std::move(channel)) {}
  Owner(const Owner&) = delete;
  Owner& operator=(const Owner&) = delete;
  ~Owner() override { channel_->abandon(); }

  void send(ByteView bytes) override { channel_->send(bytes); }
  [[nodiscard]] int datagram_fd() const override { return channel_->datagram_fd(); }

 private:
  std::shared_ptr<Shared> channel_;
};

template <class Shared>
std::unique_ptr<Channel> begin(asio::io_context& io, const client::OpenSocket& order, ChannelEvents events) {
  auto channel = std::make_shared<Shared>(io, std::move(events));
  channel->begin(order.server, order.family);
  return std::make_unique<Owner<Shared>>(std::move(channel));
}

}  // namespace

std::unique_ptr<Channel> open_channel(asio::io_context& io, const client::OpenSocket& order, ChannelEvents events) {
  switch (order.transport) {
    case client::Transport::Udp:
      return begin<UdpChannel>(io, order, std::move(events));
    case client::Transport::Tcp:
      return begin<TcpChannel>(io, order, std::move(events));
  }
  return nullptr;
}

}  // namespace tsp::linux_
