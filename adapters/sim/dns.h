// SPDX-License-Identifier: Apache-2.0
//
// The DNS of the simulated world: what it holds, and what the broker's process remembers of having put there.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tsp/broker.h>

#include "adapters/sim/store_contents.h"

namespace tsp::sim {

// What a name server has, or the files of one broker.
struct SimZone {
  using NameServers = std::vector<std::string>;

  std::map<IPv6Prefix, NameServers> delegations;
  std::map<std::string, IPv6Address> host_names;
};

class SimDns {
 public:
  using NameServers = SimZone::NameServers;

  explicit SimDns(std::shared_ptr<SimZone> zone = std::make_shared<SimZone>()) : zone_(std::move(zone)) {}

  void execute(const PublishDns& order);
  void execute(const WithdrawDns& order);
  void execute(const DnsComplete& order);
  // The process is gone; the records stay.
  void forget_owners();

  [[nodiscard]] const std::map<IPv6Prefix, NameServers>& delegations() const { return zone_->delegations; }
  [[nodiscard]] const std::map<std::string, IPv6Address>& host_names() const { return zone_->host_names; }
  // To publish or to withdraw, of all lives of the process.
  [[nodiscard]] std::uint64_t orders() const { return orders_; }
  // In this life of the process.
  [[nodiscard]] bool complete() const { return complete_; }

  // What differs from what the accounts in the store should have; for a moment when nothing is under way. A name may be
  // left behind by an account that was deleted just before the process died.
  [[nodiscard]] std::optional<std::string> find_difference(const StoreContents& store) const;

 private:
  void take_out(const DnsRecords& records, AccountId owner);

  std::shared_ptr<SimZone> zone_;
  std::map<AccountId, DnsRecords> owners_;
  std::map<IPv6Prefix, AccountId> delegation_owners_;
  std::uint64_t orders_ = 0;
  bool complete_ = false;
};

}  // namespace tsp::sim
