// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/accounts_table.h"

#include <optional>
#include <utility>

#include "adapters/linux/store/sqlite/hex.h"

namespace tsp::linux_::sqlite {
namespace {

// Executes `statement`, whose parameters are the columns of `account` in the order of the table.
Result<> write(Statement& statement, const Account& account) {
  std::optional<std::int64_t> shortest;
  std::optional<std::int64_t> longest;
  if (account.prefix_limits) {
    shortest = account.prefix_limits->shortest;
    longest = account.prefix_limits->longest;
  }
  const std::optional<std::int64_t> mtu = account.mtu;
  std::optional<std::string> update_key;
  if (account.update_key) update_key = to_hex(*account.update_key);
  return statement.run(account.id, account.login, to_hex(account.verifier), account.enabled, shortest, longest,
                       account.server_address, account.created, mtu, update_key, account.home);
}

std::optional<PrefixLimits> read_limits(RowReader& row) {
  if (row.next_is_null()) {
    row.skip();
    row.skip();
    return std::nullopt;
  }
  const auto shortest = row.integer<std::uint8_t>(48, 64);
  return PrefixLimits{.shortest = shortest, .longest = row.integer<std::uint8_t>(shortest, 64)};
}

std::optional<std::uint16_t> read_mtu(RowReader& row) {
  if (!row.next_is_null()) return row.integer<std::uint16_t>(1280, 1472);
  row.skip();
  return std::nullopt;
}

std::optional<UpdateKeyHash> read_update_key(RowReader& row) {
  if (row.next_is_null()) {
    row.skip();
    return std::nullopt;
  }
  const auto hash = parse_hex<UpdateKeyHash>(row.text());
  if (!hash) row.complain("is not the hash of an update key");
  return hash;
}

std::optional<BrokerId> read_home(RowReader& row) {
  if (!row.next_is_null()) return row.id<BrokerId>();
  row.skip();
  return std::nullopt;
}

std::expected<Account, std::string> read_account(const Rows& rows) {
  RowReader row(rows);
  Account account;
  account.id = row.id<AccountId>();
  account.login = row.text();
  const auto verifier = parse_hex<Verifier>(row.text());
  if (!verifier) row.complain("is not a verifier");
  account.verifier = verifier.value_or(Verifier{});
  account.enabled = row.boolean();
  account.prefix_limits = read_limits(row);
  account.server_address = row.optional_address();
  account.created = row.time();
  account.mtu = read_mtu(row);
  account.update_key = read_update_key(row);
  account.home = read_home(row);
  if (auto fault = row.fault("account")) return std::unexpected(std::move(*fault));
  return account;
}

Failure missing(AccountId id) {
  return {.status = StoreStatus::Missing, .detail = "there is no account " + std::to_string(id.value)};
}

}  // namespace

Result<> AccountsTable::apply(const AddAccount& change) {
  if (auto inserted = write(insert_, change.account); !inserted || connection_.changed_something()) return inserted;
  // A commit that is repeated because its outcome was unknown finds its own account.
  if (auto updated = write(update_, change.account); !updated || connection_.changed_something()) return updated;
  return std::unexpected(Failure{.status = StoreStatus::Taken, .detail = "the login or the account id exists"});
}

Result<> AccountsTable::apply(const UpdateAccount& change) {
  SkippedRows unreadable;
  const auto there = find(change.account.login, unreadable);
  if (!there) return std::unexpected(there.error());
  const bool changed = !there->empty() && there->front().id == change.account.id && there->front() != change.before &&
                       there->front() != change.account;
  if (changed) {
    return std::unexpected(Failure{.status = StoreStatus::Taken, .detail = "the account was changed by somebody else"});
  }
  if (auto updated = write(update_, change.account); !updated || connection_.changed_something()) return updated;
  return std::unexpected(missing(change.account.id));
}

Result<> AccountsTable::apply(const DeleteAccount& change) {
  if (auto deleted = delete_.run(change.id); !deleted || connection_.changed_something()) return deleted;
  return std::unexpected(missing(change.id));
}

Result<std::vector<Account>> AccountsTable::find(const std::string& login, SkippedRows& skipped) {
  return read_all<Account>(find_.query(login), &read_account, skipped);
}

Result<std::vector<Account>> AccountsTable::list(const std::string& after, std::uint32_t limit, SkippedRows& skipped) {
  return read_all<Account>(list_.query(after, limit), &read_account, skipped);
}

}  // namespace tsp::linux_::sqlite
