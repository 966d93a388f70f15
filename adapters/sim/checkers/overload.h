// SPDX-License-Identifier: Apache-2.0
//
// What a flood may cost: sessions, orders under way, orders of one moment (invariant 23).
#pragma once

#include <cstdint>
#include <set>

#include "adapters/sim/checkers/family.h"

namespace tsp::sim {

class Overload final : public Family {
 public:
  using Family::Family;

  void on_start() override { forget(); }
  void on_crash() override { forget(); }
  void on_arrival(const FourTuple& path, ByteView datagram) override;
  void on_fact(const Fact& fact) override;
  void on_order(const Order& order) override;
  void after_step() override { orders_now_ = 0; }
  void sweep() override;

 private:
  void forget();
  // What there may be orders for: tunnels and sessions.
  [[nodiscard]] std::uint64_t occasions() const;

  std::set<IPv6Address> sources_;  // from which anything came in this life of the process
  std::set<OpId> under_way_;       // ordered of store and datapath, and not reported yet
  std::uint64_t orders_now_ = 0;   // since the last step
};

}  // namespace tsp::sim
