// SPDX-License-Identifier: Apache-2.0
//
// Whether the process lives, and whether clients can log in, for load balancers and service monitors.
#pragma once

#include <optional>
#include <string>

#include <tsp/broker.h>

namespace tsp::linux_ {

struct Health {
  bool good = false;
  std::string line;  // one line, for people

  friend bool operator==(const Health&, const Health&) = default;
};

// None: the main loop did not answer in time.
[[nodiscard]] Health liveness(const std::optional<StatusView>& broker);
// `stopping`: the process is about to end.
[[nodiscard]] Health readiness(const std::optional<StatusView>& broker, bool stopping);

}  // namespace tsp::linux_
