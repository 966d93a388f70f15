// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/keepalive.h"

#include <algorithm>
#include <chrono>

namespace tsp::tunnel {

std::uint32_t negotiate_keepalive(std::optional<std::uint32_t> requested, const BrokerConfig& config) {
  if (config.keepalive_seconds_max == 0) return 0;
  const std::uint32_t wanted = requested.value_or(0);
  if (wanted == 0) return config.keepalive_seconds_default;
  return std::clamp(wanted, config.keepalive_seconds_min, config.keepalive_seconds_max);
}

Duration three_lost(std::uint32_t keepalive_seconds) {
  return std::chrono::seconds(3 * static_cast<std::int64_t>(keepalive_seconds) + 15);
}

Duration idle_time(std::uint32_t keepalive_seconds, const BrokerConfig& config) {
  if (keepalive_seconds == 0) return config.idle_time_without_keepalive;
  return std::max(three_lost(keepalive_seconds), config.idle_time_min);
}

Duration suspicious_silence(std::uint32_t keepalive_seconds, const BrokerConfig& config) {
  if (keepalive_seconds == 0) return config.idle_time_min;
  return std::chrono::seconds(2 * static_cast<std::int64_t>(keepalive_seconds) + 5);
}

}  // namespace tsp::tunnel
