// SPDX-License-Identifier: Apache-2.0
//
// Packets through tunnels that `hold` has made, as many as get through: never more than a window full is under way, so
// that next to nothing is lost and the slowest part of the path sets the pace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>

#include "tools/tsp-load/packet_sender.h"
#include "tools/tsp-load/packet_sink.h"
#include "tools/tsp-load/tunnel_list.h"

namespace tsp::load {

enum class FloodDirection : std::uint8_t {
  Up,       // from the clients' endpoints into the tunnels, to `peer`
  Down,     // from `peer` to the clients' inner addresses
  PlainUp,  // from the inner addresses to `peer`, without tunnels: what Up is compared with
};

struct FloodOptions {
  FloodDirection direction = FloodDirection::Up;
  std::vector<HeldTunnel> tunnels;
  IPv6Address peer;          // behind the broker
  std::size_t size = 1280;   // of an inner packet in bytes
  std::size_t burst = 1;     // packets of one tunnel in a row
  std::size_t window = 256;  // packets under way; at least PacketSender::kBatch
  std::uint64_t count = 0;   // packets; 0: as many as the time allows
  Duration time_limit = std::chrono::seconds(5);
  std::optional<NextHop> next_hop{};  // none: the kernel routes the packets
  SinkOptions sink;                   // its packet_size follows from `size`
};

struct FloodReport {
  std::uint64_t sent = 0;
  std::uint64_t arrived = 0;
  Duration elapsed{};
};

// Error: the flood could not take place; one line.
[[nodiscard]] std::expected<FloodReport, std::string> run_flood(const FloodOptions& options);

[[nodiscard]] std::string to_text(const FloodReport& report);
[[nodiscard]] std::string to_json(const FloodReport& report);

}  // namespace tsp::load
