// SPDX-License-Identifier: Apache-2.0
//
// How orders are carried out, whatever the database. `Tables` has the members accounts, claims, name_servers, tunnels,
// brokers, access and lookups, each of which applies the changes that concern it and reads its rows.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/failure.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/port/claim_rules.h"

namespace tsp::linux_::store {

using WriteOrder = std::variant<CommitChanges, ProbeStore>;
using ReadOrder = std::variant<LoadStore, FindAccount, ListAccounts, FindEvicted, FindTunnels, FindApiToken,
                               ListApiTokens, FindConsoleLogin, ListConsoleLogins, ReadAudit, ReadHistory, ListLeases>;

inline constexpr std::uint32_t kRowsListedMax = 1000;

inline StoreDone answer(const WriteOrder& order, const Result<>& result) {
  StoreDone done;
  done.op = std::visit([](const auto& o) { return o.op; }, order);
  if (!result) {
    done.status = result.error().status;
    done.detail = result.error().detail;
    done.occupied = result.error().occupied;
  }
  return done;
}

// ---- changes --------------------------------------------------------------------------------------------------

inline bool speaks_of(const CommitChanges& order, const IPv6Prefix& prefix) {
  return std::ranges::any_of(order.changes, [&](const StoreChange& change) {
    const auto* put = std::get_if<PutClaim>(&change);
    return put != nullptr && put->claim.prefix == prefix;
  });
}

template <class Tables>
Result<> delete_account(Tables& tables, const DeleteAccount& change, const CommitChanges& order) {
  if (auto deleted = tables.accounts.apply(change); !deleted) return deleted;
  if (auto erased = tables.name_servers.erase(change.id); !erased) return erased;
  if (auto erased = tables.access.erase_of(change.id); !erased) return erased;
  SkippedRows unreadable;  // they stay, and nobody gets what they name
  const auto claims = tables.claims.owned_by(change.id, unreadable);
  if (!claims) return std::unexpected(claims.error());
  for (Claim claim : *claims) {
    if (speaks_of(order, claim.prefix)) continue;
    claim.owner = kAnonymous;
    const bool stays = claim.state == ClaimState::Quarantined;
    auto left = stays ? tables.claims.apply(PutClaim{claim}) : tables.claims.erase(claim.prefix);
    if (!left) return left;
  }
  return {};
}

// Until the first that is refused or fails.
template <class Tables>
Result<> apply_changes(Tables& tables, const CommitChanges& order) {
  struct Apply {
    Tables& tables;
    const CommitChanges& order;

    Result<> operator()(const AddAccount& change) const { return tables.accounts.apply(change); }
    Result<> operator()(const UpdateAccount& change) const { return tables.accounts.apply(change); }
    Result<> operator()(const DeleteAccount& change) const { return delete_account(tables, change, order); }
    Result<> operator()(const PutClaim& change) const { return tables.claims.apply(change); }
    Result<> operator()(const WithdrawClaim& change) const { return tables.claims.apply(change); }
    Result<> operator()(const EndQuarantine& change) const { return tables.claims.apply(change); }
    Result<> operator()(const PutNameServers& change) const { return tables.name_servers.apply(change); }
    Result<> operator()(const PutTunnel& change) const { return tables.tunnels.apply(change); }
    Result<> operator()(const EvictTunnels& change) const { return tables.tunnels.apply(change); }
    Result<> operator()(const EraseTunnel& change) const { return tables.tunnels.apply(change); }
    Result<> operator()(const PutBroker& change) const { return tables.brokers.apply(change); }
    Result<> operator()(const EraseBroker& change) const { return tables.brokers.apply(change); }
    Result<> operator()(const PutApiToken& change) const { return tables.access.apply(change); }
    Result<> operator()(const EraseApiToken& change) const { return tables.access.apply(change); }
    Result<> operator()(const PutConsoleLogin& change) const { return tables.access.apply(change); }
    Result<> operator()(const EraseConsoleLogin& change) const { return tables.access.apply(change); }
    Result<> operator()(const PutConsoleTotp& change) const { return tables.access.apply(change); }
    Result<> operator()(const EraseConsoleTotp& change) const { return tables.access.apply(change); }
    Result<> operator()(const UseConsoleTotp& change) const { return tables.access.apply(change); }
    Result<> operator()(const AddAuditEntry& change) const { return tables.access.apply(change); }
  };
  for (const StoreChange& change : order.changes) {
    if (auto applied = std::visit(Apply{tables, order}, change); !applied) return applied;
  }
  return {};
}

// ---- many orders in one transaction: what a commit costs is waiting for the disk, and one wait serves all -----

// One answer; the order's changes are taken back unless that is Done. Error: the whole transaction is lost.
template <class Transaction>
Result<StoreDone> execute_one(Transaction& transaction, const WriteOrder& order) {
  if (auto begun = transaction.begin_order(); !begun) return std::unexpected(begun.error());
  const Result<> applied = std::visit([&](const auto& o) { return transaction.apply(o); }, order);
  if (!applied) {
    // Some faults end the transaction; one that does not must not harm the other orders.
    if (transaction.is_lost_by(applied.error())) return std::unexpected(applied.error());
    if (auto taken_back = transaction.take_back_order(); !taken_back) return std::unexpected(taken_back.error());
  }
  if (auto ended = transaction.end_order(); !ended) return std::unexpected(ended.error());
  return answer(order, applied);
}

// One answer an order, in their order, which hold if the transaction is committed. Error: none of them does.
template <class Transaction>
Result<> execute_group(Transaction& transaction, std::span<const WriteOrder> batch, std::vector<StoreDone>& answers) {
  answers.clear();
  if (auto begun = transaction.begin(); !begun) return begun;
  for (const WriteOrder& order : batch) {
    auto executed = execute_one(transaction, order);
    if (!executed) return std::unexpected(executed.error());
    answers.push_back(std::move(*executed));
  }
  return transaction.commit();
}

// Refusals too get the failure of the whole: they may rest on what was rolled back with it.
inline std::vector<StoreDone> answer_all(std::span<const WriteOrder> batch, const Result<>& result) {
  std::vector<StoreDone> answers;
  answers.reserve(batch.size());
  for (const WriteOrder& order : batch) answers.push_back(answer(order, result));
  return answers;
}

// ---- reads, each from one snapshot ----------------------------------------------------------------------------

inline std::uint32_t listed(std::uint32_t limit) {
  return std::clamp(limit, std::uint32_t{1}, kRowsListedMax);
}

// Puts what was read into its place in the answer.
template <class T>
Result<> take_rows(Result<std::vector<T>> rows, std::vector<T>& place) {
  if (!rows) return std::unexpected(rows.error());
  place = std::move(*rows);
  return {};
}

template <class Tables>
Result<> add_accounts(Tables& tables, Result<std::vector<Account>> accounts, StoreDone& done, SkippedRows& skipped) {
  if (!accounts) return std::unexpected(accounts.error());
  for (Account& account : *accounts) {
    auto claims = tables.claims.owned_by(account.id, skipped);
    if (!claims) return std::unexpected(claims.error());
    auto name_servers = tables.name_servers.of_account(account.id, skipped);
    if (!name_servers) return std::unexpected(name_servers.error());
    AccountRecord record{.account = std::move(account),
                         .address = std::nullopt,
                         .prefixes = {},
                         .name_servers = std::move(*name_servers)};
    for (const Claim& claim : *claims) port::add_claim(record, claim);
    done.accounts.push_back(std::move(record));
  }
  return {};
}

template <class Tables>
Result<> read(Tables& tables, const LoadStore& order, StoreDone& done, SkippedRows& skipped) {
  auto claims = tables.claims.all(skipped);
  if (!claims) return std::unexpected(claims.error());
  auto tunnels = tables.tunnels.of_broker(order.broker, skipped);
  if (!tunnels) return std::unexpected(tunnels.error());
  auto brokers = tables.brokers.all(skipped);
  if (!brokers) return std::unexpected(brokers.error());
  done.snapshot = {.claims = std::move(*claims), .tunnels = std::move(*tunnels), .brokers = std::move(*brokers)};
  return {};
}

template <class Tables>
Result<> read(Tables& tables, const FindAccount& order, StoreDone& done, SkippedRows& skipped) {
  return add_accounts(tables, tables.accounts.find(order.login, skipped), done, skipped);
}

template <class Tables>
Result<> read(Tables& tables, const ListAccounts& order, StoreDone& done, SkippedRows& skipped) {
  return add_accounts(tables, tables.accounts.list(order.after, listed(order.limit), skipped), done, skipped);
}

template <class Tables>
Result<> read(Tables& tables, const FindEvicted& order, StoreDone& done, SkippedRows& skipped) {
  auto tunnels = tables.tunnels.evicted_of_broker(order.broker, skipped);
  if (!tunnels) return std::unexpected(tunnels.error());
  auto brokers = tables.brokers.all(skipped);
  if (!brokers) return std::unexpected(brokers.error());
  done.snapshot.tunnels = std::move(*tunnels);
  done.snapshot.brokers = std::move(*brokers);
  return {};
}

template <class Tables>
Result<> read(Tables& tables, const FindTunnels& order, StoreDone& done, SkippedRows& skipped) {
  return take_rows(tables.tunnels.of_account(order.account, skipped), done.snapshot.tunnels);
}

template <class Tables>
Result<> read(Tables& tables, const FindApiToken& order, StoreDone& done, SkippedRows& skipped) {
  return take_rows(tables.access.find_token(order.hash, skipped), done.api_tokens);
}

template <class Tables>
Result<> read(Tables& tables, const ListApiTokens& order, StoreDone& done, SkippedRows& skipped) {
  const std::uint32_t limit = listed(order.limit);
  return take_rows(order.login ? tables.access.tokens_of(*order.login, order.after, limit, skipped)
                               : tables.access.tokens(order.after, limit, skipped),
                   done.api_tokens);
}

template <class Tables>
Result<> read(Tables& tables, const FindConsoleLogin& order, StoreDone& done, SkippedRows& skipped) {
  if (auto found = take_rows(tables.access.find_totp(order.login, skipped), done.console_totps); !found) return found;
  return take_rows(tables.access.find_login(order.login, skipped), done.console_logins);
}

template <class Tables>
Result<> read(Tables& tables, const ListConsoleLogins& order, StoreDone& done, SkippedRows& skipped) {
  return take_rows(tables.access.logins(order.after, listed(order.limit), skipped), done.console_logins);
}

template <class Tables>
Result<> read(Tables& tables, const ReadAudit& order, StoreDone& done, SkippedRows& skipped) {
  return take_rows(tables.access.audit(order.before, listed(order.limit), skipped), done.audit);
}

template <class Tables>
Result<> read(Tables& tables, const ReadHistory& order, StoreDone& done, SkippedRows& skipped) {
  ReadHistory wanted = order;
  wanted.limit = listed(order.limit);
  return take_rows(tables.lookups.history(wanted, skipped), done.history);
}

template <class Tables>
Result<> read(Tables& tables, const ListLeases& order, StoreDone& done, SkippedRows& skipped) {
  ListLeases wanted = order;
  wanted.limit = listed(order.limit);
  return take_rows(tables.lookups.leases(wanted, skipped), done.leases);
}

}  // namespace tsp::linux_::store
