// SPDX-License-Identifier: Apache-2.0
//
// Counts the packets of a flood that arrive at a network interface, without taking them from anybody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include <tsp/time.h>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::load {

struct SinkOptions {
  std::string interface;
  std::string network_namespace{};  // as `ip netns` knows it; empty: this one
  // The broker's UDP port, if the packets arrive inside of tunnels; none: as plain IPv6.
  std::optional<std::uint16_t> tunnel_port{};
  std::size_t packet_size = 0;  // of an inner packet in bytes: several may arrive in one piece (GSO)
};

class PacketSink {
 public:
  // Needs CAP_NET_RAW. Error: one line.
  [[nodiscard]] static std::expected<PacketSink, std::string> open(const SinkOptions& options);
  PacketSink(PacketSink&& other) noexcept;
  PacketSink& operator=(PacketSink&&) = delete;
  ~PacketSink();

  // Packets since the last call.
  [[nodiscard]] std::uint64_t take();
  // Until something has arrived, or the time is over.
  void wait(Duration time) const;

 private:
  PacketSink(linux_::FileDescriptor fd, std::uint8_t* ring, const SinkOptions& options);

  [[nodiscard]] std::uint64_t packets_in(std::size_t length) const;

  linux_::FileDescriptor fd_;
  std::uint8_t* ring_;  // shared with the kernel
  std::size_t next_ = 0;
  std::size_t outer_headers_;  // bytes that a piece has once
  std::size_t packet_;         // bytes that it has for each packet
};

}  // namespace tsp::load
