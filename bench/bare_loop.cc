// SPDX-License-Identifier: Apache-2.0
//
// What a kernel asks of any forwarder in user space where packets cannot be put together: each goes through the TUN
// device with a system call of its own, and through the UDP socket as a message of its own. This program does that and
// nothing else. It checks nothing and answers nobody, and is there only to be measured beside tspd.
//
//   bare-loop DEVICE ADDRESS FILE     the broker's address; a line for each tunnel: INNER REMOTE PORT
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "adapters/linux/datapath/tun/tun_device.h"
#include "adapters/linux/net/outer_socket.h"
#include "adapters/linux/net/receive_batch.h"
#include "adapters/linux/net/udp_message.h"
#include "core/dataplane/packet.h"
#include "core/dataplane/vnet_header.h"

namespace tsp::linux_ {
namespace {

constexpr std::size_t kHeaderSize = sizeof(dataplane::VnetHeader);
constexpr std::size_t kPackets = ReceiveBatch::kMessages;
constexpr std::size_t kPacketBytesMax = 2048;
constexpr std::uint16_t kPort = 3653;

// By inner address.
using Remotes = std::unordered_map<IPv6Address, sockaddr_in>;

class BareLoop {
 public:
  BareLoop(int queue, OuterSocket socket, Remotes remotes)
      : queue_(queue), socket_(std::move(socket)), remotes_(std::move(remotes)) {}

  void run() {
    for (;;) {
      std::array<pollfd, 2> waiting{pollfd{socket_.fd(), POLLIN, 0}, pollfd{queue_, POLLIN, 0}};
      if (poll(waiting.data(), waiting.size(), -1) <= 0) continue;
      if ((waiting[0].revents & POLLIN) != 0) forward_up();
      if ((waiting[1].revents & POLLIN) != 0) forward_down();
    }
  }

 private:
  void forward_up() {
    const std::size_t count = received_.receive(socket_);
    for (std::size_t i = 0; i < count; ++i) {
      const auto datagram = received_.at(i);
      if (!datagram || datagram->bytes.front() >> 4 != 6) continue;
      std::uint8_t* const header = const_cast<std::uint8_t*>(datagram->bytes.data()) - kHeaderSize;
      std::memset(header, 0, kHeaderSize);
      [[maybe_unused]] const ssize_t ignored = write(queue_, header, kHeaderSize + datagram->bytes.size());
    }
  }

  void forward_down() {
    unsigned count = 0;
    for (std::size_t i = 0; i < kPackets; ++i) {
      std::uint8_t* const at = &(*buffer_)[count * kPacketBytesMax];
      const ssize_t size = read(queue_, at, kPacketBytesMax);
      if (size <= static_cast<ssize_t>(kHeaderSize + dataplane::kIPv6HeaderSize)) break;
      const ByteView packet(at + kHeaderSize, static_cast<std::size_t>(size) - kHeaderSize);
      if (const auto remote = remotes_.find(dataplane::destination_of(packet)); remote != remotes_.end()) {
        prepare(count++, remote->second, packet);
      }
    }
    sendmmsg(socket_.fd(), messages_.data(), count, 0);
  }

  void prepare(unsigned slot, sockaddr_in& remote, ByteView packet) {
    parts_[slot] = {const_cast<std::uint8_t*>(packet.data()), packet.size()};
    msghdr& message = messages_[slot].msg_hdr;
    message = {};
    message.msg_name = &remote;
    message.msg_namelen = sizeof remote;
    message.msg_iov = &parts_[slot];
    message.msg_iovlen = 1;
    write_control(message, controls_[slot], socket_.local().address, 0);
  }

  int queue_;
  OuterSocket socket_;
  ReceiveBatch received_;
  Remotes remotes_;
  std::unique_ptr<std::array<std::uint8_t, kPackets * kPacketBytesMax>> buffer_ =
      std::make_unique<std::array<std::uint8_t, kPackets * kPacketBytesMax>>();
  std::array<mmsghdr, kPackets> messages_{};
  std::array<iovec, kPackets> parts_{};
  std::array<ControlBuffer, kPackets> controls_{};
};

int fail(const std::string& error) {
  std::fprintf(stderr, "bare-loop: %s\n", error.c_str());
  return 1;
}

Remotes read_remotes(const char* path) {
  Remotes result;
  std::ifstream file(path);
  std::string inner;
  std::string remote;
  for (std::uint16_t port = 0; file >> inner >> remote >> port;) {
    const auto inner_address = parse_ipv6(inner);
    const auto remote_address = parse_ipv4(remote);
    if (!inner_address || !remote_address) return {};
    result.emplace(*inner_address, to_sockaddr(make_endpoint(*remote_address, port)));
  }
  return result;
}

int run(const char* device_name, const char* address, const char* path) {
  Remotes remotes = read_remotes(path);
  const auto local = parse_ipv4(address);
  if (!local || remotes.empty()) return fail("no address, or no tunnels");
  auto socket = OuterSocket::open_udp({.local = make_endpoint(*local, kPort), .merge_received = false});
  if (!socket) return fail(socket.error());
  const auto device = TunDevice::open(device_name, 1, true);
  if (!device) return fail(device.error());
  BareLoop(device->queues.front().get(), std::move(*socket), std::move(remotes)).run();
  return 0;
}

}  // namespace
}  // namespace tsp::linux_

int main(int count, char** arguments) {
  if (count != 4) {
    std::fputs("bare-loop DEVICE ADDRESS FILE\n", stderr);
    return 2;
  }
  return tsp::linux_::run(arguments[1], arguments[2], arguments[3]);
}
