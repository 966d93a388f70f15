// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/types.h>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::load {

// A neighbour on a link, and the interface that leads there.
struct NextHop {
  std::string interface{};
  std::array<std::uint8_t, 6> mac{};
};

// "eth0/02:00:00:00:00:01".
[[nodiscard]] std::optional<NextHop> parse_next_hop(std::string_view text);

// Sends ready-made IP packets over and over, many with one system call.
class PacketSender {
 public:
  static constexpr std::size_t kBatch = 64;

  // All packets are IPv4, or all are IPv6. Without a next hop the kernel routes them; with one they go there at half
  // the cost, past routing, firewall and queues. Needs CAP_NET_RAW. Error: one line.
  [[nodiscard]] static std::expected<PacketSender, std::string> open(std::vector<Bytes> packets,
                                                                     const std::optional<NextHop>& next_hop);

  // Sends packets by their indexes, at most kBatch. Error: the kernel refused; one line.
  [[nodiscard]] std::expected<void, std::string> send(std::span<const std::size_t> indexes);
  [[nodiscard]] std::size_t packets() const;

 private:
  struct Messages;
  struct MessagesDeleter {
    void operator()(Messages* messages) const;
  };

  PacketSender(linux_::FileDescriptor fd, std::unique_ptr<Messages, MessagesDeleter> messages)
      : fd_(std::move(fd)), messages_(std::move(messages)) {}

  linux_::FileDescriptor fd_;
  std::unique_ptr<Messages, MessagesDeleter> messages_;
};

}  // namespace tsp::load
