// SPDX-License-Identifier: Apache-2.0
//
// What a store holds, as a value: the disk of the simulated world. It follows the rules of tsp/store.h in the plainest
// way, survives every simulated crash, and can be looked into by checkers.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <tsp/store.h>

#include "core/base/state_hash.h"

namespace tsp::sim {

class StoreContents {
 public:
  struct Outcome {
    StoreStatus status = StoreStatus::Done;
    std::string detail{};
    std::optional<IPv6Prefix> occupied{};  // as in StoreDone
  };

  // All or none.
  Outcome commit(const std::vector<StoreChange>& changes);
  // `watcher` is told of every commit that was carried out, after it.
  void watch(std::function<void(const std::vector<StoreChange>&)> watcher) { watcher_ = std::move(watcher); }

  [[nodiscard]] std::optional<AccountRecord> find(const std::string& login) const;
  [[nodiscard]] std::vector<AccountRecord> list(const std::string& after, std::uint32_t limit) const;
  [[nodiscard]] StoreSnapshot load(BrokerId broker) const;
  [[nodiscard]] std::vector<TunnelRecord> evicted(BrokerId broker) const;
  [[nodiscard]] std::vector<TunnelRecord> tunnels_of(AccountId account) const;
  [[nodiscard]] std::vector<BrokerRecord> brokers() const;

  [[nodiscard]] std::optional<ApiToken> find_token(const ApiTokenHash& hash) const;
  [[nodiscard]] std::vector<ApiToken> tokens(const ListApiTokens& wanted) const;
  [[nodiscard]] const std::map<std::string, ConsoleLogin>& console_logins() const { return console_logins_; }
  // Null: it has none.
  [[nodiscard]] const ConsoleTotp* totp_of(const std::string& login) const {
    const auto found = console_totps_.find(login);
    return found == console_totps_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const std::map<AuditPlace, AuditEntry>& audit() const { return audit_; }

  [[nodiscard]] const std::map<IPv6Prefix, Claim>& claims() const { return claims_; }
  [[nodiscard]] const std::map<TunnelId, TunnelRecord>& tunnels() const { return tunnels_; }
  // Null: it has none.
  [[nodiscard]] const std::vector<std::string>* name_servers_of(AccountId account) const {
    const auto found = name_servers_.find(account);
    return found == name_servers_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const std::vector<HistoryEntry>& history() const { return history_; }
  [[nodiscard]] std::vector<HistoryEntry> read(const ReadHistory& wanted) const;
  [[nodiscard]] std::vector<Lease> read(const ListLeases& wanted) const;

  // Asserts the rules of PutClaim for everything held.
  void check_invariants() const;
  void add_to(StateHash& hash) const;

 private:
  class Transaction;

  [[nodiscard]] AccountRecord with_claims(const Account& account) const;
  [[nodiscard]] const Claim* find_conflict(const Claim& claim) const;
  [[nodiscard]] const Claim* find_of_same_length(const Claim& claim) const;

  std::map<AccountId, Account> accounts_;
  std::map<std::string, AccountId> logins_;
  std::map<IPv6Prefix, Claim> claims_;
  std::map<AccountId, std::vector<std::string>> name_servers_;  // of accounts that have some
  std::set<std::pair<AccountId, IPv6Prefix>> claims_by_owner_;  // without anonymous and quarantined ones
  std::map<TunnelId, TunnelRecord> tunnels_;
  std::vector<HistoryEntry> history_;
  std::map<BrokerId, BrokerRecord> brokers_;
  std::map<ApiTokenId, ApiToken> tokens_;
  std::map<std::string, ConsoleLogin> console_logins_;
  std::map<std::string, ConsoleTotp> console_totps_;
  std::map<AuditPlace, AuditEntry> audit_;
  std::function<void(const std::vector<StoreChange>&)> watcher_;
};

}  // namespace tsp::sim
