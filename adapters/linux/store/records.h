// SPDX-License-Identifier: Apache-2.0
//
// The rows of the tables, whose columns are the same in every database: those that are read stand in this order.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/secrets/sealer.h"
#include "adapters/linux/store/columns.h"
#include "adapters/linux/store/failure.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/port/claim_rules.h"
#include "core/base/hex.h"

namespace tsp::linux_::store {

template <class T>
using Readable = std::expected<T, std::string>;  // error: what is wrong with the row

// Macros, to stand between the other words of a statement.
#define TSP_ACCOUNT_COLUMNS                                                                         \
  "id, login, verifier, enabled, prefix_shortest, prefix_longest, server_address, created_ns, mtu," \
  " update_key, home, note"
// `sealer`: null if there are no keys; what is sealed cannot be read then.
[[nodiscard]] Readable<Account> read_account(const Columns& columns, const secrets::Sealer* sealer);
// base, length, last, owner, state, until_ns, broker
[[nodiscard]] Readable<Claim> read_claim(const Columns& columns);
#define TSP_TUNNEL_COLUMNS                                                                    \
  "id, account, login, broker, type, remote_address, remote_port, local_address, local_port," \
  " inner_address, delegated_base, delegated_length, server_address, mtu, keepalive_seconds," \
  " confirmed, created_ns, evicted, evicted_by"
[[nodiscard]] Readable<TunnelRecord> read_tunnel(const Columns& columns);
#define TSP_HISTORY_COLUMNS                                                                  \
  "entry, tunnel, account, login, broker, type, remote_address, remote_port, local_address," \
  " local_port, inner_address, delegated_base, delegated_length, created_ns, ended_ns, reason"
[[nodiscard]] Readable<HistoryEntry> read_history_entry(const Columns& columns);
// Those of a claim, and the login of its owner, or NULL.
[[nodiscard]] Readable<Lease> read_lease(const Columns& columns);
#define TSP_BROKER_COLUMNS "id, addresses, region, weight, capacity, tunnels, state, pools, interval_seconds, heard_ns"
[[nodiscard]] Readable<BrokerRecord> read_broker(const Columns& columns);
#define TSP_API_TOKEN_COLUMNS "id, name, hash, role, account, login, scopes, created_ns, expires_ns"
[[nodiscard]] Readable<ApiToken> read_api_token(const Columns& columns);
#define TSP_CONSOLE_LOGIN_COLUMNS "login, role, account, password_hash, changed_ns"
[[nodiscard]] Readable<ConsoleLogin> read_console_login(const Columns& columns);
// Behind them how many second factors it has that are confirmed.
[[nodiscard]] Readable<ConsoleLogin> read_console_login_with_need(const Columns& columns);
#define TSP_CONSOLE_TOTP_COLUMNS "login, secret, confirmed, last_step, last_use"
// `sealer`: as for accounts.
[[nodiscard]] Readable<ConsoleTotp> read_console_totp(const Columns& columns, const secrets::Sealer* sealer);
// The column `secret`: sealed, or in hexadecimal if there are no keys.
[[nodiscard]] std::string secret_text(const ConsoleTotp& totp, const secrets::Sealer* sealer);
#define TSP_AUDIT_COLUMNS "at_ns, id, broker, actor, source, action, subject, detail, result"
[[nodiscard]] Readable<AuditEntry> read_audit_entry(const Columns& columns);
// account, names
[[nodiscard]] Readable<std::vector<std::string>> read_name_servers(const Columns& columns);

// As they are stored: with a blank between them.
[[nodiscard]] std::string join_words(const std::vector<std::string>& words);

template <class T>
std::vector<std::string> texts_of(const std::vector<T>& values) {
  std::vector<std::string> texts;
  for (const T& value : values) texts.push_back(to_text(value));
  return texts;
}

// Executes `statement`, whose parameters are the columns of `broker` in the order of TSP_BROKER_COLUMNS.
template <class Statement>
Result<> write_broker(Statement& statement, const BrokerRecord& broker) {
  const std::string addresses = join_words(texts_of(broker.addresses));
  const std::string pools = join_words(texts_of(broker.pools));
  return statement.run(broker.id, addresses, broker.region, broker.weight, broker.capacity, broker.tunnels,
                       broker.state, pools, broker.interval_seconds, broker.heard);
}

// The two columns of an optional prefix.
struct PrefixColumns {
  explicit PrefixColumns(const std::optional<IPv6Prefix>& prefix) {
    if (!prefix) return;
    base = prefix->base;
    length = prefix->length;
  }

  std::optional<IPv6Address> base;
  std::optional<std::int64_t> length;
};

// The column `verifier`: sealed, or in hexadecimal if there are no keys.
[[nodiscard]] std::string verifier_text(const Account& account, const secrets::Sealer* sealer);

// Executes `statement`, whose parameters are the columns of `account` in the order of TSP_ACCOUNT_COLUMNS.
template <class Statement>
Result<> write_account(Statement& statement, const Account& account, const secrets::Sealer* sealer) {
  std::optional<std::int64_t> shortest;
  std::optional<std::int64_t> longest;
  if (account.prefix_limits) {
    shortest = account.prefix_limits->shortest;
    longest = account.prefix_limits->longest;
  }
  const std::optional<std::int64_t> mtu = account.mtu;
  std::optional<std::string> update_key;
  if (account.update_key) update_key = to_hex(*account.update_key);
  const auto note = account.note.empty() ? std::nullopt : std::optional(account.note);
  return statement.run(account.id, account.login, verifier_text(account, sealer), account.enabled, shortest, longest,
                       account.server_address, account.created, mtu, update_key, account.home, note);
}

[[nodiscard]] Failure missing_account(AccountId id);
[[nodiscard]] Failure missing_totp(const std::string& login);
// Refused if the row, if there is one, is neither as it was read nor as it is to be.
[[nodiscard]] Result<> check_unchanged(const std::vector<Account>& there, const UpdateAccount& change);
// Why a tunnel was not put: its record is there and evicted, or its account may have none.
[[nodiscard]] Failure tunnel_refused(TunnelId id, bool is_there);
// Refused because of `there`.
[[nodiscard]] Failure claim_taken(const Claim& put, const Claim& there);
// Refused because of a row that cannot be read.
[[nodiscard]] Failure claim_taken(std::string detail);

// Taken at the first row that `is_in_the_way` (const Claim& -> bool) of the claim, or that cannot be read.
template <class Rows, class IsInTheWay>
Result<> check_claims(const Claim& claim, Result<Rows>&& rows, IsInTheWay is_in_the_way) {
  return for_each_row(std::move(rows), [&](const Columns& row) -> Result<> {
    const auto there = read_claim(row);
    if (!there) return std::unexpected(claim_taken(there.error()));
    if (is_in_the_way(*there)) return std::unexpected(claim_taken(claim, *there));
    return {};
  });
}
// The same for what its account has of its length, of both families.
template <class Rows>
Result<> check_same_length(const Claim& claim, Result<Rows> rows) {
  return check_claims(claim, std::move(rows), [&](const Claim& other) {
    return port::of_same_length(other.prefix, claim.prefix) && other.prefix != claim.prefix;
  });
}

// The lengths of delegated prefixes of the same family: what can lie around something else.
struct DelegatedLengths {
  std::uint8_t shortest;
  std::uint8_t longest;
};
[[nodiscard]] DelegatedLengths delegated_lengths(const IPv6Prefix& like);
// An address, or a prefix of such a length.
[[nodiscard]] bool is_claimable(const IPv6Prefix& prefix);

}  // namespace tsp::linux_::store
