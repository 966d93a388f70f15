// SPDX-License-Identifier: Apache-2.0
//
// Many datagrams with one system call (recvmmsg).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <tsp/address.h>
#include <tsp/types.h>

#include "adapters/linux/net/outer_socket.h"
#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {

// One datagram, or several of one sender that the kernel merged; without UDP what is behind the outer header.
struct ReceivedDatagrams {
  FourTuple path;
  std::span<std::uint8_t> bytes;  // may be changed
  std::size_t segment_size = 0;   // of each datagram but the last, which may be shorter; never 0
};

class ReceiveBatch {
 public:
  static constexpr std::size_t kMessages = 64;
  static constexpr std::size_t kRoomBefore = 64;  // bytes

  ReceiveBatch();

  // Forgets the last batch and takes what waits on the socket. The number of messages; 0 if nothing waits.
  [[nodiscard]] std::size_t receive(const OuterSocket& socket);
  // None if it was not sent to one host alone, or if it is empty. Valid until the next receive(). The kRoomBefore bytes
  // before the first datagram are free for any use.
  [[nodiscard]] std::optional<ReceivedDatagrams> at(std::size_t index);

 private:
  struct Slot {
    SocketAddress remote;
    iovec part;
    ControlBuffer control;
  };

  // Makes what the kernel overwrote ready for the next message.
  void prepare(std::size_t index);

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> messages_;
  std::size_t used_ = 0;  // messages that are not prepared
  std::uint16_t local_port_ = 0;
  bool has_header_ = false;  // a raw socket of IPv4 leaves it on
};

}  // namespace tsp::linux_
