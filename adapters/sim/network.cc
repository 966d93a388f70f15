// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/network.h"

namespace tsp::sim {

std::vector<Duration> draw_arrivals(const LinkFaults& faults, Random& random) {
  if (random.chance(faults.loss_per_mille, 1000)) return {};
  const auto delay = [&] {
    return Duration(static_cast<std::int64_t>(random.between(static_cast<std::uint64_t>(faults.delay_min.count()),
                                                             static_cast<std::uint64_t>(faults.delay_max.count()))));
  };
  std::vector<Duration> arrivals{delay()};
  if (random.chance(faults.duplicate_per_mille, 1000)) arrivals.push_back(delay());
  return arrivals;
}

Endpoint Nat::map(const Endpoint& inside, Instant now, Random& random) {
  const auto known = mappings_.find(inside);
  if (known != mappings_.end()) {
    if (now - known->second.used <= idle_limit_) {
      known->second.used = now;
      return make_endpoint(outside_, known->second.port);
    }
    inside_of_.erase(known->second.port);
    mappings_.erase(known);
  }
  std::uint16_t port = inside.port;
  while (!preserve_ports_ || port_in_use(port)) {
    port = static_cast<std::uint16_t>(random.between(1024, 65535));
    if (!port_in_use(port)) break;
  }
  mappings_[inside] = {.port = port, .used = now};
  inside_of_[port] = inside;
  return make_endpoint(outside_, port);
}

std::optional<Endpoint> Nat::unmap(const Endpoint& outside, Instant now) {
  const auto found = inside_of_.find(outside.port);
  if (found == inside_of_.end()) return std::nullopt;
  const Endpoint inside = found->second;
  if (now - mappings_.at(inside).used > idle_limit_) return std::nullopt;
  return inside;
}

void Nat::rebind() {
  mappings_.clear();
  inside_of_.clear();
  preserve_ports_ = false;
}

}  // namespace tsp::sim
