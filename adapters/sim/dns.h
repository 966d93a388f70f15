// SPDX-License-Identifier: Apache-2.0
//
// The DNS of the simulated world: what it holds, and what the broker's process remembers of having put there.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <tsp/broker.h>

#include "adapters/sim/store_contents.h"

namespace tsp::sim {

class SimDns {
 public:
  using NameServers = std::vector<std::string>;

  void execute(const PublishDns& order);
  void execute(const WithdrawDns& order);
  void execute(const DnsComplete& order);
  // The process is gone; the records stay.
  void forget_owners();

  [[nodiscard]] const std::map<IPv6Prefix, NameServers>& delegations() const { return delegations_; }
  [[nodiscard]] const std::map<std::string, IPv6Address>& host_names() const { return host_names_; }
  // In this life of the process.
  [[nodiscard]] bool complete() const { return complete_; }

  // What differs from what the accounts in the store should have; for a moment when nothing is under way. A name may be
  // left behind by an account that was deleted just before the process died.
  [[nodiscard]] std::optional<std::string> find_difference(const StoreContents& store) const;

 private:
  void take_out(const DnsRecords& records, AccountId owner);

  std::map<IPv6Prefix, NameServers> delegations_;
  std::map<std::string, IPv6Address> host_names_;
  std::map<AccountId, DnsRecords> owners_;
  std::map<IPv6Prefix, AccountId> delegation_owners_;
  bool complete_ = false;
};

}  // namespace tsp::sim
