// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/packet_sender.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "core/base/assert.h"

namespace tsp::load {
namespace {

constexpr int kSendBufferBytes = 8 << 20;

bool is_ipv4(ByteView packet) {
  return packet.front() >> 4 == 4;
}

struct Destination {
  sockaddr_storage address{};
  socklen_t size = 0;

  template <class Address>
  explicit Destination(const Address& known) : size(sizeof known) {
    std::memcpy(&address, &known, sizeof known);
  }
};

// To where the packet itself says.
Destination destination_of(ByteView packet) {
  if (is_ipv4(packet)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    std::memcpy(&address.sin_addr, packet.data() + 16, sizeof address.sin_addr);
    return Destination(address);
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, packet.data() + 24, sizeof address.sin6_addr);
  return Destination(address);
}

Destination destination_of(ByteView packet, const NextHop& next_hop) {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(is_ipv4(packet) ? ETH_P_IP : ETH_P_IPV6);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(next_hop.interface.c_str()));
  address.sll_halen = static_cast<unsigned char>(next_hop.mac.size());
  std::ranges::copy(next_hop.mac, address.sll_addr);
  return Destination(address);
}

linux_::FileDescriptor open_socket(bool ipv4, bool routed) {
  // IPPROTO_RAW: the headers are ours.
  if (routed) return linux_::FileDescriptor(::socket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  linux_::FileDescriptor fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
  return fd;
}

}  // namespace

struct PacketSender::Messages {
  std::vector<Bytes> packets;
  std::vector<Destination> destinations;
  std::array<iovec, kBatch> parts{};
  std::array<mmsghdr, kBatch> headers{};

  void prepare(std::size_t slot, std::size_t packet) {
    parts[slot] = {.iov_base = packets[packet].data(), .iov_len = packets[packet].size()};
    headers[slot].msg_hdr.msg_name = &destinations[packet].address;
    headers[slot].msg_hdr.msg_namelen = destinations[packet].size;
    headers[slot].msg_hdr.msg_iov = &parts[slot];
    headers[slot].msg_hdr.msg_iovlen = 1;
  }
};

void PacketSender::MessagesDeleter::operator()(Messages* messages) const {
  delete messages;
}

std::optional<NextHop> parse_next_hop(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == 0 || slash == std::string_view::npos) return std::nullopt;
  NextHop hop{.interface = std::string(text.substr(0, slash))};
  std::string_view digits = text.substr(slash + 1);
  for (std::uint8_t& octet : hop.mac) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), octet, 16);
    const auto used = static_cast<std::size_t>(end - digits.data());
    const bool last = &octet == &hop.mac.back();
    if (error != std::errc() || (last ? used != digits.size() : !digits.substr(used).starts_with(':'))) {
      return std::nullopt;
    }
    digits.remove_prefix(last ? used : used + 1);
  }
  return hop;
}

std::expected<PacketSender, std::string> PacketSender::open(std::vector<Bytes> packets,
                                                            const std::optional<NextHop>& next_hop) {
  TSP_ASSERT(!packets.empty());
  linux_::FileDescriptor fd = open_socket(is_ipv4(packets.front()), !next_hop);
  if (!fd.valid()) return std::unexpected(std::string("cannot open a raw socket: ") + std::strerror(errno));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBufferBytes, sizeof kSendBufferBytes);
  std::unique_ptr<Messages, MessagesDeleter> messages(new Messages{.packets = std::move(packets), .destinations = {}});
  for (const Bytes& packet : messages->packets) {
    messages->destinations.push_back(next_hop ? destination_of(packet, *next_hop) : destination_of(packet));
  }
  return PacketSender(std::move(fd), std::move(messages));
}

std::size_t PacketSender::packets() const {
  return messages_->packets.size();
}

std::expected<void, std::string> PacketSender::send(std::span<const std::size_t> indexes) {
  TSP_ASSERT(indexes.size() <= kBatch);
  for (std::size_t i = 0; i < indexes.size(); ++i) messages_->prepare(i, indexes[i]);
  for (std::size_t done = 0; done < indexes.size();) {
    const auto left = static_cast<unsigned>(indexes.size() - done);
    const int sent = ::sendmmsg(fd_.get(), messages_->headers.data() + done, left, 0);
    // A full queue: what does not fit is lost like on any network, and counted as such.
    if (sent < 0 && errno == ENOBUFS) return {};
    if (sent < 0 && errno != EINTR) return std::unexpected(std::string("cannot send: ") + std::strerror(errno));
    if (sent > 0) done += static_cast<std::size_t>(sent);
  }
  return {};
}

}  // namespace tsp::load
