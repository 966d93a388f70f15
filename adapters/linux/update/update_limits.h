// SPDX-License-Identifier: Apache-2.0
//
// How many connections there are, in all and of each source, and how often a source asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include <tsp/address.h>
#include <tsp/config.h>
#include <tsp/time.h>

#include "core/base/token_bucket.h"

namespace tsp::linux_ {

class UpdateLimits {
 public:
  struct Options {
    std::uint32_t connections_max = 0;
    std::uint32_t connections_per_source_max = 0;
    RateLimit requests_per_source;
  };
  explicit UpdateLimits(const Options& options);

  // One connection's place, until it is destroyed. The limits must live longer.
  class Seat {
   public:
    Seat(UpdateLimits& limits, const IPv4Address& source);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    // `shared`: a proxy's address, which many clients have; only the limit of all connections holds for it.
    [[nodiscard]] bool is_free(bool shared) const;

   private:
    UpdateLimits& limits_;
    IPv4Address source_;
    std::uint32_t of_source_ = 0;
    std::uint32_t of_all_ = 0;
  };

  [[nodiscard]] bool may_ask(const IPv4Address& source, Instant now);

 private:
  Options options_;
  std::mutex mutex_;
  std::map<IPv4Address, std::uint32_t> connections_;
  std::uint32_t all_ = 0;
  TokenBuckets requests_;
};

}  // namespace tsp::linux_
