// SPDX-License-Identifier: Apache-2.0
//
// Addresses, prefixes and tunnels: who has them on disk, in the datapath and in the broker's word (invariants 1, 2, 4,
// 5, 6 and 7).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "adapters/sim/checkers/family.h"

namespace tsp::sim {

class Resources final : public Family {
 public:
  using Family::Family;

  void on_departure(const FourTuple& path, ByteView datagram) override;
  void on_commit(const std::vector<StoreChange>& changes) override;
  void on_datapath(const DatapathOrder& order, DatapathStatus status) override;
  void sweep() override;

 private:
  void check_offer(const FourTuple& path, const ToldOffer& offer);
  void check_told(const FourTuple& path, const IPv6Prefix& prefix);
  void check_accepted(const FourTuple& path, const std::vector<ToldOffer>& offers);
  void check_overlap(const Claim& claim);
  void check_quarantine(const ClaimChange& change);
  void check_stickiness(const ClaimChange& change);
  void check_new_record(const TunnelRecord& record);
  void check_same_record(const TunnelRecord& before, const TunnelRecord& after);
  void check_erased_record(const TunnelRecord& record);
  void check_installed(const InstallTunnel& order);
  void check_quotas_of_new(const InstallTunnel& order, const TunnelRecord& record);
  void check_conservation(const StatusView& status);
  void check_quotas();
  [[nodiscard]] bool holds(AccountId account, const IPv6Prefix& prefix) const;
};

}  // namespace tsp::sim
