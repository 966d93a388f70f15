// SPDX-License-Identifier: Apache-2.0
//
// How often a source asks.
#pragma once

#include <mutex>

#include <tsp/address.h>
#include <tsp/config.h>
#include <tsp/time.h>

#include "core/base/token_bucket.h"

namespace tsp::linux_ {

class RequestLimits {
 public:
  explicit RequestLimits(const RateLimit& requests_per_source);

  // From any thread.
  [[nodiscard]] bool may_ask(const IPv6Address& source);

 private:
  std::mutex mutex_;
  TokenBuckets requests_;
};

}  // namespace tsp::linux_
