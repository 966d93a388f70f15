// SPDX-License-Identifier: Apache-2.0
//
// Links between clients and broker: they lose, repeat, delay, reorder, damage, cut short, and break.
#pragma once

#include <cstdint>
#include <vector>

#include <tsp/time.h>
#include <tsp/types.h>

#include "core/base/random.h"

namespace tsp::sim {

// Chances are per thousand datagrams. Datagrams with different delays overtake each other.
struct LinkFaults {
  std::uint32_t loss_per_mille = 0;
  std::uint32_t duplicate_per_mille = 0;
  std::uint32_t corrupt_per_mille = 0;   // one bit, and no checksum notices
  std::uint32_t truncate_per_mille = 0;  // somewhere
  Duration delay_min = std::chrono::milliseconds(5);
  Duration delay_max = std::chrono::milliseconds(5);
  std::uint32_t payload_max = 65507;  // bytes; larger datagrams are lost without a word
  bool up_is_cut = false;             // towards the broker
  bool down_is_cut = false;
};

enum class Way : std::uint8_t { Up, Down };

struct Arrival {
  Duration delay{};
  Bytes payload{};
};

// What arrives of one datagram: nothing if it is lost, two if it is duplicated.
[[nodiscard]] std::vector<Arrival> draw_arrivals(const LinkFaults& faults, Way way, ByteView payload, Random& random);

}  // namespace tsp::sim
