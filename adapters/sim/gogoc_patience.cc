// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/gogoc_patience.h"

#include <algorithm>
#include <chrono>

namespace tsp::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kTimeoutMin = seconds(2);
constexpr Duration kTimeoutMax = seconds(30);
constexpr unsigned kTransmissionsToNobody = 3;
constexpr unsigned kTransmissionsMax = 8;
constexpr unsigned kTimeoutsBeforeBackOff = 3;
constexpr int kRetryDelayMax = 10;  // times the delay
constexpr unsigned kDoublingsMax = 4;

}  // namespace

std::optional<Duration> RetransmissionTimer::next_pause() {
  if (transmissions_ == (answered_ ? kTransmissionsMax : kTransmissionsToNobody)) return std::nullopt;
  // Each transmission but the first comes after a timeout.
  if (transmissions_ > kTimeoutsBeforeBackOff) backs_off_ = true;
  if (backs_off_ && transmissions_ > 0) timeout_ = std::min(2 * timeout_, kTimeoutMax);
  ++transmissions_;
  return std::chrono::floor<seconds>(timeout_);
}

void RetransmissionTimer::answered(std::uint32_t now, std::uint32_t echoed) {
  answered_ = true;
  measure(milliseconds(now - echoed));
}

void RetransmissionTimer::measure(Duration round_trip) {
  const Duration delta = round_trip - smoothed_;
  smoothed_ += delta / 8;
  variation_ += (std::chrono::abs(delta) - variation_) / 4;
  timeout_ = std::clamp(smoothed_ + 4 * variation_, kTimeoutMin, kTimeoutMax);
}

Duration RetryDelay::doubled(unsigned times) const {
  return std::min(delay_ * (1 << std::min(times, kDoublingsMax)), delay_ * kRetryDelayMax);
}

}  // namespace tsp::sim
