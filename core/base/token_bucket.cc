// SPDX-License-Identifier: Apache-2.0
#include "core/base/token_bucket.h"

#include <algorithm>

#include "core/base/assert.h"

namespace tsp {

namespace {

constexpr std::uint64_t kMillitokensPerToken = 1000;
constexpr std::uint64_t kNanosecondsPerMillisecond = 1'000'000;

std::uint64_t capacity(const RateLimit& limit) {
  return limit.burst * kMillitokensPerToken;
}

}  // namespace

TokenBuckets::TokenBuckets(RateLimit limit, std::size_t keys_max) : limit_(limit), keys_max_(keys_max) {
  TSP_ASSERT(keys_max > 0);
}

std::uint64_t TokenBuckets::refilled(const Bucket& bucket, Instant now) const {
  const std::uint64_t full = capacity(limit_);
  if (bucket.millitokens >= full) return full;
  if (limit_.per_second == 0 || now <= bucket.updated) return bucket.millitokens;
  // Tokens a second are millitokens a millisecond. Comparing with the time to fill keeps the product within 64 bits.
  const std::uint64_t unit_ns = kNanosecondsPerMillisecond * limit_.seconds;
  const auto elapsed_ns = static_cast<std::uint64_t>((now - bucket.updated).count());
  const std::uint64_t missing = full - bucket.millitokens;
  if (elapsed_ns > missing * unit_ns / limit_.per_second) return full;
  return bucket.millitokens + elapsed_ns * limit_.per_second / unit_ns;
}

void TokenBuckets::forget_full(Instant now) {
  // Two for each one that may be added: the table shrinks although no call walks through it.
  for (int i = 0; i < 2 && !by_use_.empty(); ++i) {
    if (refilled(by_use_.front(), now) < capacity(limit_)) return;
    forget_oldest();
  }
}

void TokenBuckets::forget_oldest() {
  buckets_.erase(by_use_.front().key);
  by_use_.pop_front();
}

bool TokenBuckets::take(std::uint64_t key, Instant now) {
  forget_full(now);
  const auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (limit_.burst == 0) return false;
    if (buckets_.size() >= keys_max_) forget_oldest();
    by_use_.push_back({key, capacity(limit_) - kMillitokensPerToken, now});
    buckets_.emplace(key, std::prev(by_use_.end()));
    return true;
  }
  // A vain attempt is use as well: who hammers must not be forgotten before those who are quiet.
  by_use_.splice(by_use_.end(), by_use_, found->second);
  Bucket& bucket = *found->second;
  const std::uint64_t millitokens = refilled(bucket, now);
  // Nothing is written then, so that frequent attempts cannot round the refill away.
  if (millitokens < kMillitokensPerToken) return false;
  bucket.millitokens = millitokens - kMillitokensPerToken;
  bucket.updated = now;
  return true;
}

bool TokenBuckets::available(std::uint64_t key, Instant now) const {
  const auto found = buckets_.find(key);
  return (found == buckets_.end() ? capacity(limit_) : refilled(*found->second, now)) >= kMillitokensPerToken;
}

}  // namespace tsp
