// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/dns.h"

#include "core/base/assert.h"

namespace tsp::sim {

void SimDns::execute(const PublishDns& order) {
  TSP_ASSERT(order.account != kAnonymous);
  ++orders_;
  if (const auto before = owners_.extract(order.account)) take_out(before.mapped(), order.account);
  for (const DnsDelegation& delegation : order.records.delegations) {
    TSP_ASSERT(!delegation.name_servers.empty() && !is_mapped(delegation.prefix));
    zone_->delegations[delegation.prefix] = delegation.name_servers;
    delegation_owners_[delegation.prefix] = order.account;
  }
  if (order.records.host_name) zone_->host_names[order.records.host_name->name] = order.records.host_name->address;
  if (!order.records.empty()) owners_.emplace(order.account, order.records);
}

void SimDns::execute(const WithdrawDns& order) {
  ++orders_;
  for (const DnsDelegation& delegation : order.formerly.delegations) TSP_ASSERT(!is_mapped(delegation.prefix));
  if (const auto before = owners_.extract(order.account)) take_out(before.mapped(), order.account);
  take_out(order.formerly, order.account);
}

void SimDns::execute(const DnsComplete& /*order*/) {
  complete_ = true;
}

void SimDns::forget_owners() {
  owners_.clear();
  delegation_owners_.clear();
  complete_ = false;
}

// What somebody else has published since, stays.
void SimDns::take_out(const DnsRecords& records, AccountId owner) {
  for (const DnsDelegation& delegation : records.delegations) {
    const auto holder = delegation_owners_.find(delegation.prefix);
    if (holder != delegation_owners_.end() && holder->second != owner) continue;
    delegation_owners_.erase(delegation.prefix);
    zone_->delegations.erase(delegation.prefix);
  }
  if (records.host_name) zone_->host_names.erase(records.host_name->name);
}

std::optional<std::string> SimDns::find_difference(const StoreContents& store) const {
  std::map<IPv6Prefix, NameServers> expected;
  for (const auto& [prefix, claim] : store.claims()) {
    if (claim.state != ClaimState::Held || claim.owner == kAnonymous || prefix.length == 128) continue;
    if (is_mapped(prefix)) continue;  // IPv4 has no reverse zones here
    const NameServers* names = store.name_servers_of(claim.owner);
    if (names != nullptr) expected.emplace(prefix, *names);
  }
  for (const auto& [prefix, names] : expected) {
    const auto found = zone_->delegations.find(prefix);
    if (found == zone_->delegations.end()) return to_text(prefix) + " is not delegated";
    if (found->second != names) return to_text(prefix) + " is delegated to others than its account's name servers";
  }
  for (const auto& [prefix, names] : zone_->delegations) {
    if (!expected.contains(prefix)) return to_text(prefix) + " is still delegated";
  }
  return std::nullopt;
}

}  // namespace tsp::sim
