// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/network.h"

namespace tsp::sim {
namespace {

Arrival draw_arrival(const LinkFaults& faults, ByteView payload, Random& random) {
  Arrival arrival{.payload = Bytes(payload.begin(), payload.end())};
  arrival.delay = Duration(static_cast<std::int64_t>(random.between(
      static_cast<std::uint64_t>(faults.delay_min.count()), static_cast<std::uint64_t>(faults.delay_max.count()))));
  if (payload.empty()) return arrival;
  if (random.chance(faults.corrupt_per_mille, 1000)) {
    arrival.payload[random.below(payload.size())] ^= static_cast<std::uint8_t>(1U << random.below(8));
  }
  if (random.chance(faults.truncate_per_mille, 1000)) arrival.payload.resize(random.below(payload.size()));
  return arrival;
}

}  // namespace

std::vector<Arrival> draw_arrivals(const LinkFaults& faults, Way way, ByteView payload, Random& random) {
  const bool cut = way == Way::Up ? faults.up_is_cut : faults.down_is_cut;
  if (cut || payload.size() > faults.payload_max || random.chance(faults.loss_per_mille, 1000)) return {};
  std::vector<Arrival> arrivals;
  arrivals.push_back(draw_arrival(faults, payload, random));
  if (random.chance(faults.duplicate_per_mille, 1000)) arrivals.push_back(draw_arrival(faults, payload, random));
  return arrivals;
}

}  // namespace tsp::sim
