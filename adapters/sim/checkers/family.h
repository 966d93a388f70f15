// SPDX-License-Identifier: Apache-2.0
//
// What all families of checkers are: observers that judge by the truth and report to the world.
#pragma once

#include <string>
#include <string_view>

#include "adapters/sim/checkers/truth.h"
#include "adapters/sim/observer.h"
#include "adapters/sim/world.h"

namespace tsp::sim {

class Family : public Observer {
 public:
  // Both must live as long as the family, and the truth must be told of everything first.
  Family(World& world, const Truth& truth) : world_(world), truth_(truth) {}

 protected:
  // `which`: "4, durable before visible".
  void report(std::string_view which, const std::string& what) {
    world_.report_violation("invariant " + std::string(which) + ": " + what);
  }

  World& world_;
  const Truth& truth_;
};

[[nodiscard]] inline std::string to_text(TunnelId id) {
  return "tunnel " + std::to_string(id.value);
}
[[nodiscard]] inline std::string to_text(AccountId id) {
  return id == kAnonymous ? "anonymous" : "account " + std::to_string(id.value);
}

}  // namespace tsp::sim
