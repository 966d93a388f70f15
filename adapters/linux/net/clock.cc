// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/clock.h"

#include <ctime>

namespace tsp::linux_ {
namespace {

Duration read(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Now read_clock() {
  return {{read(CLOCK_MONOTONIC)}, {read(CLOCK_REALTIME)}};
}

}  // namespace tsp::linux_
