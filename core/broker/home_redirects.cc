// SPDX-License-Identifier: Apache-2.0
#include "core/broker/home_redirects.h"

#include <chrono>

namespace tsp::broker {
namespace {

constexpr Duration kHomeMemory = std::chrono::minutes(10);

}  // namespace

bool HomeRedirects::take(AccountId account, std::uint32_t times_max, Instant now) {
  forget(now);
  Visits& visits = visits_[account];
  visits.last = now;
  by_time_.emplace_back(now, account);
  if (visits.redirects >= times_max) return false;
  ++visits.redirects;
  return true;
}

void HomeRedirects::forget(Instant now) {
  while (!by_time_.empty() && by_time_.front().first + kHomeMemory < now) {
    const auto [time, account] = by_time_.front();
    by_time_.pop_front();
    const auto visits = visits_.find(account);
    if (visits != visits_.end() && visits->second.last == time) visits_.erase(visits);
  }
}

}  // namespace tsp::broker
