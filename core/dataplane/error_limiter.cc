// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/error_limiter.h"

#include <algorithm>

namespace tsp::dataplane {
namespace {

constexpr std::uint64_t kMillitokensPerToken = 1000;
constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

}  // namespace

// The bucket holds what a second brings. Tokens a second are millitokens a millisecond.
bool ErrorLimiter::take(Bucket& bucket, std::uint32_t per_second, Instant now) {
  const std::uint64_t full = per_second * kMillitokensPerToken;
  std::uint64_t millitokens = full;
  if (bucket.used && now - bucket.updated < std::chrono::seconds(1)) {
    const auto elapsed_ns = static_cast<std::uint64_t>(std::max(now - bucket.updated, Duration::zero()).count());
    millitokens = std::min(full, bucket.millitokens + elapsed_ns * per_second / kNanosecondsPerMillisecond);
  }
  // Nothing is written then, so that frequent attempts cannot round the refill away.
  if (millitokens < kMillitokensPerToken) return false;
  bucket = {millitokens - kMillitokensPerToken, now, true};
  return true;
}

bool ErrorLimiter::allow(const IPv6Address& source, const IPv6Address& destination, Instant now) {
  const std::hash<IPv6Address> hash;
  const std::size_t slot = (hash(source) * 31 + hash(destination)) % flows_.size();
  // The flow's bucket first: one flow over its rate takes nothing from the others.
  return take(flows_[slot], kPerFlowPerSecond, now) && take(all_, kPerSecond, now);
}

}  // namespace tsp::dataplane
