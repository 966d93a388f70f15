// SPDX-License-Identifier: Apache-2.0
//
// GET /metrics, /healthz and /readyz as a function from request to response, for whatever serves HTTP.
#pragma once

#include <functional>
#include <optional>

#include <tsp/broker.h>

#include "adapters/linux/control/api.h"
#include "adapters/linux/monitoring/measurements.h"

namespace tsp::linux_ {

class Monitoring {
 public:
  struct Sources {
    // From any thread. None: the main loop did not answer in time.
    std::function<std::optional<StatusView>()> broker;
    std::function<bool()> stopping;
    // All but what the broker knows.
    std::function<Measurements()> others;
  };
  explicit Monitoring(Sources sources) : sources_(std::move(sources)) {}

  // From any thread; waits for the main loop. None: it is another address.
  [[nodiscard]] std::optional<ApiResponse> handle(const ApiRequest& request) const;

 private:
  [[nodiscard]] ApiResponse show_metrics() const;

  Sources sources_;
};

}  // namespace tsp::linux_
