// SPDX-License-Identifier: Apache-2.0
//
// Token buckets for many keys in bounded memory.
#pragma once

#include <cstdint>
#include <list>
#include <map>

#include <tsp/config.h>
#include <tsp/time.h>

namespace tsp {

// One bucket for each key, kept only as long as it is not full; at `keys_max` the one used longest ago is
// forgotten. Integer arithmetic throughout.
class TokenBuckets {
 public:
  TokenBuckets(RateLimit limit, std::size_t keys_max);
  TokenBuckets(TokenBuckets&&) = default;  // a copy's iterators would belong to the original
  TokenBuckets& operator=(TokenBuckets&&) = default;

  // Takes a token for `key`; false if there is none.
  [[nodiscard]] bool take(std::uint64_t key, Instant now);
  // Whether take() would succeed; takes nothing.
  [[nodiscard]] bool available(std::uint64_t key, Instant now) const;
  void set_limit(RateLimit limit) { limit_ = limit; }
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    std::uint64_t key = 0;
    std::uint64_t millitokens = 0;
    Instant updated;
  };
  [[nodiscard]] std::uint64_t refilled(const Bucket& bucket, Instant now) const;
  void forget_full(Instant now);
  void forget_oldest();

  RateLimit limit_;
  std::size_t keys_max_;
  std::list<Bucket> by_use_;                                      // front: used longest ago
  std::map<std::uint64_t, std::list<Bucket>::iterator> buckets_;  // strangers choose the keys: no hash to collide
};

}  // namespace tsp
