// SPDX-License-Identifier: Apache-2.0
#include "core/client/backoff.h"

#include <algorithm>

namespace tsp::client {

Duration Backoff::next(Duration min, Random& random) {
  Duration delay = std::min(min, max_);
  for (unsigned i = 0; i < failures_ && delay < max_; ++i) delay = std::min(delay * 2, max_);
  ++failures_;
  const auto full = static_cast<std::uint64_t>(delay.count());
  return Duration(static_cast<std::int64_t>(random.between(full / 2, full)));
}

}  // namespace tsp::client
