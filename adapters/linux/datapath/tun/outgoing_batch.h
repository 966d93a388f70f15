// SPDX-License-Identifier: Apache-2.0
//
// Datagrams to clients, sent with as few system calls as possible: many messages in one call (sendmmsg), and many
// datagrams of one tunnel in one message (UDP_SEGMENT).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <tsp/types.h>

#include "adapters/linux/datapath/tun/shared_state.h"
#include "adapters/linux/datapath/tun/worker_counters.h"
#include "adapters/linux/net/outer_socket.h"
#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {

class OutgoingBatch {
 public:
  // `sockets`: by Tunnel::listener.
  OutgoingBatch(std::span<const OuterSocket> sockets, const OffloadState& offloads, WorkerCounters& counters)
      : sockets_(sockets), offloads_(offloads), counters_(counters) {}

  // `datagrams`: one or more behind one another, each `segment_size` bytes but the last, which may be shorter; not more
  // than one send takes (dataplane/segment.h). The bytes and the tunnel must stay until flush(). Sends what was added
  // before if there is no room left.
  void add(Tunnel& tunnel, ByteView datagrams, std::size_t segment_size);
  // Sends everything; what the kernel refuses is counted and lost.
  void flush();

 private:
  static constexpr std::size_t kMessages = 64;

  struct Message {
    Tunnel* tunnel = nullptr;
    ByteView datagrams;
    std::size_t segment_size = 0;

    [[nodiscard]] std::size_t count() const { return (datagrams.size() + segment_size - 1) / segment_size; }
  };

  void append(const Message& message);
  [[nodiscard]] bool join_last(const Message& message);
  [[nodiscard]] bool may_segment(const Tunnel& tunnel) const;
  void prepare(std::size_t index);
  // Sends messages [first, last), all through one socket.
  void send_range(std::size_t first, std::size_t last);
  // The kernel does not take the message.
  void handle_refusal(const Message& message, int code);
  void send_singly(const Message& message);
  void count_sent(const Message& message);

  std::span<const OuterSocket> sockets_;
  const OffloadState& offloads_;
  WorkerCounters& counters_;
  std::size_t size_ = 0;
  std::array<Message, kMessages> messages_{};
  std::array<mmsghdr, kMessages> headers_{};
  std::array<iovec, kMessages> parts_{};
  std::array<ControlBuffer, kMessages> controls_{};
};

}  // namespace tsp::linux_
