// SPDX-License-Identifier: Apache-2.0
//
// Inner packets: which come in, which go out, and to whom (invariants 14, 15, 16 and 17).
#pragma once

#include <set>
#include <utility>

#include "adapters/sim/checkers/family.h"

namespace tsp::sim {

class Packets final : public Family {
 public:
  using Family::Family;

  void on_fact(const Fact& fact) override;
  void on_departure(const FourTuple& path, ByteView datagram) override;
  void on_inner_to_host(const FourTuple* path, ByteView packet) override;
  void on_commit(const std::vector<StoreChange>& changes) override;
  void on_datapath(const DatapathOrder& order, DatapathStatus status) override;

 private:
  void check_own_error(ByteView packet);
  [[nodiscard]] bool has_shown_life(TunnelId id) const;
  [[nodiscard]] bool has_proved_endpoint(const TunnelRecord& record) const;

  // Who has had a connection, and to which address: a handshake needs answers.
  std::set<std::pair<IPv6Address, IPv6Address>> connected_;
};

}  // namespace tsp::sim
