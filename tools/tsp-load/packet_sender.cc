// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/packet_sender.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/assert.h"

namespace tsp::load {
namespace {

constexpr int kSendBufferBytes = 8 << 20;

// To where the packet itself says.
sockaddr_in6 destination6(ByteView packet) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  std::memcpy(&address.sin6_addr, packet.data() + 24, 16);
  return address;
}

sockaddr_in destination4(ByteView packet) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  std::memcpy(&address.sin_addr, packet.data() + 16, 4);
  return address;
}

}  // namespace

struct PacketSender::Messages {
  std::vector<Bytes> packets;
  std::vector<sockaddr_storage> destinations;
  std::array<iovec, kBatch> parts{};
  std::array<mmsghdr, kBatch> headers{};

  void prepare(std::size_t slot, std::size_t packet) {
    parts[slot] = {.iov_base = packets[packet].data(), .iov_len = packets[packet].size()};
    headers[slot].msg_hdr.msg_name = &destinations[packet];
    const bool ipv4 = destinations[packet].ss_family == AF_INET;
    headers[slot].msg_hdr.msg_namelen = ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    headers[slot].msg_hdr.msg_iov = &parts[slot];
    headers[slot].msg_hdr.msg_iovlen = 1;
  }
};

void PacketSender::MessagesDeleter::operator()(Messages* messages) const {
  delete messages;
}

std::expected<PacketSender, std::string> PacketSender::open(std::vector<Bytes> packets) {
  TSP_ASSERT(!packets.empty());
  const bool ipv4 = packets.front().front() >> 4 == 4;
  // IPPROTO_RAW: the headers are ours.
  linux_::FileDescriptor fd(::socket(ipv4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW));
  if (!fd.valid()) return std::unexpected(std::string("cannot open a raw socket: ") + std::strerror(errno));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSendBufferBytes, sizeof kSendBufferBytes);
  std::unique_ptr<Messages, MessagesDeleter> messages(new Messages{.packets = std::move(packets), .destinations = {}});
  for (const Bytes& packet : messages->packets) {
    sockaddr_storage& to = messages->destinations.emplace_back();
    if (ipv4) {
      const sockaddr_in address = destination4(packet);
      std::memcpy(&to, &address, sizeof address);
    } else {
      const sockaddr_in6 address = destination6(packet);
      std::memcpy(&to, &address, sizeof address);
    }
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
