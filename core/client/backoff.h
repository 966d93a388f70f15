// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tsp/time.h>

#include "core/base/random.h"

namespace tsp::client {

// Growing delays between attempts. The random part keeps the clients of a server that failed from coming back all at
// once (C-25).
class Backoff {
 public:
  explicit Backoff(Duration max) : max_(max) {}

  // `min`, doubled for each call since reset(), at most the maximum; of that a random part of at least half.
  [[nodiscard]] Duration next(Duration min, Random& random);
  void reset() { failures_ = 0; }
  [[nodiscard]] unsigned failures() const { return failures_; }

 private:
  Duration max_;
  unsigned failures_ = 0;
};

}  // namespace tsp::client
