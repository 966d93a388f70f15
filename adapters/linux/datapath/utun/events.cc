// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/events.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/linux/datapath/utun/messages.h"
#include "adapters/linux/datapath/utun/orders.h"
#include "adapters/linux/netlink/requester.h"

namespace tsp::linux_::utun {
namespace {

void take(const Event& event, std::uint32_t own_port, News& news) {
  // Of a module that does not say who removed a tunnel we take it to be ourselves: nobody else should.
  const bool ours = event.port == own_port || event.port == 0 || event.tunnel == kProbeTunnel;
  switch (event.kind) {
    case Event::Kind::Confirmed:
      if (event.tunnel != kProbeTunnel) news.confirmed.push_back(event.tunnel);
      break;
    case Event::Kind::Removed:
      news.tunnels_lost = news.tunnels_lost || !ours;
      break;
    case Event::Kind::AllRemoved:
      news.tunnels_lost = true;
      break;
    case Event::Kind::DeviceGone:
      news.device_gone = true;
      break;
    case Event::Kind::Other:
      break;
  }
}

// All that waits. False: some was lost.
bool read_all(NetlinkChannel& channel, const std::function<void(const nlmsghdr&, ByteView)>& each) {
  bool complete = true;
  for (;;) {
    const auto received = channel.receive();
    if (received) {
      for_each_message(*received, each);
    } else if (received.error() == EAGAIN) {
      return complete;
    } else if (received.error() == ENOBUFS) {
      complete = false;
    } else {
      return false;
    }
  }
}

}  // namespace

void read_module_events(NetlinkChannel& channel, std::uint32_t device, std::uint32_t own_port, News& news) {
  const bool complete = read_all(channel, [&](const nlmsghdr&, ByteView message) {
    const auto event = read_event(message);
    if (event && event->device == device) take(*event, own_port, news);
  });
  news.tunnels_lost = news.tunnels_lost || !complete;
}

void read_link_events(NetlinkChannel& channel, std::uint32_t device, News& news) {
  const bool complete = read_all(channel, [&](const nlmsghdr& header, ByteView message) {
    ifinfomsg link{};
    if (header.nlmsg_type != RTM_DELLINK || message.size() < NLMSG_HDRLEN + sizeof link) return;
    std::memcpy(&link, message.data() + NLMSG_HDRLEN, sizeof link);
    // A bridge tells in the same way that a device is no port of it any more.
    if (link.ifi_family == AF_UNSPEC && static_cast<std::uint32_t>(link.ifi_index) == device) news.device_gone = true;
  });
  // Whether the device is still there is seen when its tunnels are listed.
  news.tunnels_lost = news.tunnels_lost || !complete;
}

struct EventWatch::Impl : std::enable_shared_from_this<EventWatch::Impl> {
  Impl(std::unique_ptr<NetlinkSocket> module, std::unique_ptr<NetlinkSocket> links, asio::io_context& io)
      : module_socket(std::move(module)),
        link_socket(std::move(links)),
        module_events(io, module_socket->fd()),
        link_events(io, link_socket->fd()) {}
  ~Impl() {
    module_events.release();
    link_events.release();
  }

  void wait(asio::posix::stream_descriptor& events) {
    events.async_wait(asio::posix::stream_descriptor::wait_read,
                      [weak = weak_from_this(), &events](const asio::error_code& error) {
                        const auto self = weak.lock();
                        if (!self || error) return;
                        self->look();
                        self->wait(events);
                      });
  }
  void look() {
    News news;
    read_module_events(*module_socket, device, own_port, news);
    read_link_events(*link_socket, device, news);
    if (news != News{}) sink(news);
  }

  std::unique_ptr<NetlinkSocket> module_socket;
  std::unique_ptr<NetlinkSocket> link_socket;
  asio::posix::stream_descriptor module_events;  // both owned by the sockets
  asio::posix::stream_descriptor link_events;
  std::uint32_t device = 0;
  std::uint32_t own_port = 0;
  Sink sink;
};

std::expected<std::unique_ptr<EventWatch>, std::string> EventWatch::open(std::uint32_t group, std::uint32_t device,
                                                                         std::uint32_t own_port, asio::io_context& io,
                                                                         Sink sink) {
  auto module = NetlinkSocket::open(NETLINK_GENERIC);
  if (!module) return std::unexpected(module.error());
  auto links = NetlinkSocket::open(NETLINK_ROUTE);
  if (!links) return std::unexpected(links.error());
  if (auto done = (*module)->join(group); !done) return std::unexpected(done.error());
  if (auto done = (*links)->join(RTNLGRP_LINK); !done) return std::unexpected(done.error());
  for (NetlinkSocket* socket : {module->get(), links->get()}) socket->never_wait();
  auto impl = std::make_shared<Impl>(std::move(*module), std::move(*links), io);
  impl->device = device;
  impl->own_port = own_port;
  impl->sink = std::move(sink);
  impl->wait(impl->module_events);
  impl->wait(impl->link_events);
  return std::unique_ptr<EventWatch>(new EventWatch(std::move(impl)));
}

EventWatch::EventWatch(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

EventWatch::~EventWatch() = default;

}  // namespace tsp::linux_::utun
