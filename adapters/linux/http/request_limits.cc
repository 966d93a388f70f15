// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/request_limits.h"

#include <chrono>

#include "core/base/source.h"

namespace tsp::linux_ {
namespace {

constexpr std::size_t kSourcesMax = 65536;

}  // namespace

RequestLimits::RequestLimits(const RateLimit& requests_per_source) : requests_(requests_per_source, kSourcesMax) {}

bool RequestLimits::may_ask(const IPv6Address& source) {
  const Instant now{std::chrono::steady_clock::now().time_since_epoch()};
  const std::lock_guard lock(mutex_);
  return requests_.take(source_key(source), now);
}

}  // namespace tsp::linux_
