// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/time_source.h"

#include <utility>

#include "adapters/linux/net/clock.h"

namespace tsp::linux_ {

Now HostTime::now() const {
  return read_clock();
}

void HostTime::wake_at(Instant at, std::function<void()> wake) {
  timer_.expires_at(std::chrono::steady_clock::time_point(at.since_boot));
  timer_.async_wait([moved = std::move(wake)](const std::error_code& error) {
    if (!error) moved();
  });
}

}  // namespace tsp::linux_
