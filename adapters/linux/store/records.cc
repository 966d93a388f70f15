// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/records.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "core/wire/broker_address.h"
#include "core/wire/dns_name.h"

namespace tsp::linux_::store {
namespace {

constexpr std::uint32_t kIntervalSecondsMax = 24 * 3600;

// The seal is bound to it: the verifier of one account is of no use in the row of another.
std::string place_of_verifier(const Account& account) {
  return "verifier of account " + std::to_string(account.id.value) + ' ' + account.login;
}

std::string place_of_secret(const ConsoleTotp& totp) {
  return "TOTP secret of console login " + totp.login;
}

// A column that is sealed or, where there are no keys, hexadecimal. `kind`: what it is, with its article.
template <class Secret>
Secret read_secret(RowReader& row, const std::string& place, const secrets::Sealer* sealer, const char* kind) {
  const std::string text = row.text();
  const std::string not_one = std::string("is not ") + kind;
  if (!secrets::is_sealed(text)) {
    const auto secret = parse_hex<Secret>(text);
    if (!secret) row.complain(not_one);
    return secret.value_or(Secret{});
  }
  if (sealer == nullptr) {
    row.complain("is sealed, and store.key_file is not there");
    return {};
  }
  const auto unsealed = sealer->unseal(text, place);
  Secret secret{};
  if (!unsealed) {
    row.complain(unsealed.error());
  } else if (unsealed->size() != secret.size()) {
    row.complain(not_one);
  } else {
    std::ranges::copy(*unsealed, secret.begin());
  }
  return secret;
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

std::string read_note(RowReader& row) {
  if (!row.next_is_null()) return row.text();
  row.skip();
  return {};
}

std::optional<BrokerId> read_optional_broker(RowReader& row) {
  if (!row.next_is_null()) return row.id<BrokerId>();
  row.skip();
  return std::nullopt;
}

std::optional<WallTime> read_optional_time(RowReader& row) {
  if (!row.next_is_null()) return row.time();
  row.skip();
  return std::nullopt;
}

std::optional<EndReason> read_evicted(RowReader& row) {
  if (!row.next_is_null()) return row.enumerator(EndReason::Deleted, EndReason::Failed);
  row.skip();
  return std::nullopt;
}

Endpoint read_endpoint(RowReader& row) {
  const IPv6Address address = row.address();
  return {address, row.integer<std::uint16_t>()};
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

template <class T>
std::vector<T> parse_words(RowReader& row, std::optional<T> (*parse)(std::string_view)) {
  std::vector<T> values;
  for (const std::string& word : split(row.text())) {
    if (const auto value = parse(word)) {
      values.push_back(*value);
    } else {
      row.complain("holds something that cannot be read");
    }
  }
  return values;
}

// Whose it is or was, where its ends are, and what it carries.
void read_whose(RowReader& row, TunnelRecord& tunnel) {
  tunnel.id = row.id<TunnelId>();
  tunnel.account = row.id<AccountId>();
  tunnel.login = row.text();
  tunnel.broker = row.id<BrokerId>();
  tunnel.type = row.enumerator(TunnelType::V6UdpV4, TunnelType::V4V6);
  tunnel.path.remote = read_endpoint(row);
  tunnel.path.local = read_endpoint(row);
  tunnel.inner = row.address();
  tunnel.delegated = row.optional_prefix();
}

}  // namespace

std::string verifier_text(const Account& account, const secrets::Sealer* sealer) {
  if (sealer == nullptr) return to_hex(account.verifier);
  return sealer->seal(account.verifier, place_of_verifier(account));
}

Readable<Account> read_account(const Columns& columns, const secrets::Sealer* sealer) {
  RowReader row(columns);
  Account account;
  account.id = row.id<AccountId>();
  account.login = row.text();
  account.verifier = read_secret<Verifier>(row, place_of_verifier(account), sealer, "a verifier");
  account.enabled = row.boolean();
  account.prefix_limits = read_limits(row);
  account.server_address = row.optional_address();
  account.created = row.time();
  account.mtu = read_mtu(row);
  account.update_key = read_update_key(row);
  account.home = read_optional_broker(row);
  account.note = read_note(row);
  if (auto fault = row.fault("account")) return std::unexpected(std::move(*fault));
  return account;
}

Readable<Claim> read_claim(const Columns& columns) {
  RowReader row(columns);
  Claim claim;
  claim.prefix = row.prefix();
  if (row.address() != port::last_address(claim.prefix)) row.complain("is not the last address of the prefix");
  claim.owner = row.id<AccountId>();
  claim.state = row.enumerator(ClaimState::Offered, ClaimState::Quarantined);
  claim.until = row.time();
  claim.broker = row.id<BrokerId>();
  if (auto fault = row.fault("claim")) return std::unexpected(std::move(*fault));
  return claim;
}

Readable<TunnelRecord> read_tunnel(const Columns& columns) {
  RowReader row(columns);
  TunnelRecord tunnel;
  read_whose(row, tunnel);
  tunnel.server_address = row.address();
  tunnel.mtu = row.integer<std::uint16_t>();
  tunnel.keepalive_seconds = row.integer<std::uint32_t>();
  tunnel.confirmed = row.boolean();
  tunnel.created = row.time();
  tunnel.evicted = read_evicted(row);
  tunnel.evicted_by = read_optional_broker(row);
  if (auto fault = row.fault("tunnel")) return std::unexpected(std::move(*fault));
  return tunnel;
}

Readable<HistoryEntry> read_history_entry(const Columns& columns) {
  RowReader row(columns);
  HistoryEntry entry;
  TunnelRecord& tunnel = entry.tunnel;
  entry.entry = row.integer<std::uint64_t>();
  read_whose(row, tunnel);
  tunnel.created = row.time();
  entry.ended = row.time();
  entry.reason = row.enumerator(EndReason::Deleted, EndReason::Failed);
  if (auto fault = row.fault("entry of the history")) return std::unexpected(std::move(*fault));
  return entry;
}

Readable<Lease> read_lease(const Columns& columns) {
  constexpr int kLoginColumn = 7;
  const auto claim = read_claim(columns);
  if (!claim) return std::unexpected(claim.error());
  return Lease{.claim = *claim, .login = std::string(columns.text(kLoginColumn).value_or(""))};
}

Readable<BrokerRecord> read_broker(const Columns& columns) {
  RowReader row(columns);
  BrokerRecord broker;
  broker.id = row.id<BrokerId>();
  broker.addresses = parse_words<BrokerAddress>(row, wire::parse_broker_address);
  if (broker.addresses.size() > kBrokerAddressesMax) row.complain("names too many addresses");
  broker.region = row.text();
  if (!wire::valid_region(broker.region)) row.complain("is no name of a region");
  broker.weight = row.integer<std::uint32_t>();
  broker.capacity = row.integer<std::uint32_t>();
  broker.tunnels = row.integer<std::uint32_t>();
  broker.state = row.enumerator(BrokerState::Up, BrokerState::Stopped);
  broker.pools = parse_words<IPv6Prefix>(row, parse_any_prefix);
  broker.interval_seconds = row.integer<std::uint32_t>(0, kIntervalSecondsMax);
  broker.heard = row.time();
  if (auto fault = row.fault("broker")) return std::unexpected(std::move(*fault));
  return broker;
}

Readable<ApiToken> read_api_token(const Columns& columns) {
  RowReader row(columns);
  ApiToken token;
  token.id = row.id<ApiTokenId>();
  token.name = row.text();
  const auto hash = parse_hex<ApiTokenHash>(row.text());
  if (!hash) row.complain("is not the hash of a token");
  token.hash = hash.value_or(ApiTokenHash{});
  token.role = row.enumerator(ApiRole::Admin, ApiRole::User);
  token.account = row.id<AccountId>();
  token.login = row.text();
  token.scopes = split(row.text());
  token.created = row.time();
  token.expires = read_optional_time(row);
  if (auto fault = row.fault("API token")) return std::unexpected(std::move(*fault));
  return token;
}

Readable<ConsoleLogin> read_console_login(const Columns& columns) {
  RowReader row(columns);
  ConsoleLogin login;
  login.login = row.text();
  login.role = row.enumerator(ApiRole::Admin, ApiRole::User);
  login.account = row.id<AccountId>();
  login.password_hash = row.text();
  login.changed = row.time();
  if (auto fault = row.fault("console login")) return std::unexpected(std::move(*fault));
  return login;
}

Readable<ConsoleLogin> read_console_login_with_need(const Columns& columns) {
  constexpr int kNeedColumn = 5;
  auto login = read_console_login(columns);
  if (login) login->needs_code = columns.integer(kNeedColumn).value_or(0) > 0;
  return login;
}

std::string secret_text(const ConsoleTotp& totp, const secrets::Sealer* sealer) {
  if (sealer == nullptr) return to_hex(totp.secret);
  return sealer->seal(totp.secret, place_of_secret(totp));
}

Readable<ConsoleTotp> read_console_totp(const Columns& columns, const secrets::Sealer* sealer) {
  RowReader row(columns);
  ConsoleTotp totp;
  totp.login = row.text();
  totp.secret = read_secret<TotpSecret>(row, place_of_secret(totp), sealer, "a TOTP secret");
  totp.confirmed = row.boolean();
  totp.last_step = row.integer<std::uint64_t>();
  totp.last_use = row.integer<std::uint64_t>();
  if (auto fault = row.fault("second factor of")) return std::unexpected(std::move(*fault));
  return totp;
}

Readable<AuditEntry> read_audit_entry(const Columns& columns) {
  RowReader row(columns);
  AuditEntry entry;
  entry.at = row.time();
  entry.id = row.integer<std::uint64_t>();
  entry.broker = row.id<BrokerId>();
  entry.actor = row.text();
  entry.source = row.text();
  entry.action = row.text();
  entry.subject = row.text();
  entry.detail = row.text();
  entry.result = row.text();
  if (auto fault = row.fault("audit entry")) return std::unexpected(std::move(*fault));
  return entry;
}

Readable<std::vector<std::string>> read_name_servers(const Columns& columns) {
  RowReader row(columns);
  row.skip();
  std::vector<std::string> names = split(row.text());
  // They go to name servers and to clients.
  if (!std::ranges::all_of(names, wire::valid_dns_name)) row.complain("holds something else than DNS names");
  if (auto fault = row.fault("name servers of account")) return std::unexpected(std::move(*fault));
  return names;
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Failure missing_account(AccountId id) {
  return {.status = StoreStatus::Missing, .detail = "there is no account " + std::to_string(id.value)};
}

Failure missing_totp(const std::string& login) {
  return {.status = StoreStatus::Missing, .detail = "there is no console login, or no second factor of " + login};
}

Result<> check_unchanged(const std::vector<Account>& there, const UpdateAccount& change) {
  if (there.empty() || there.front().id != change.account.id) return {};
  if (there.front() == change.before || there.front() == change.account) return {};
  return std::unexpected(Failure{.status = StoreStatus::Taken, .detail = "the account was changed by somebody else"});
}

Failure tunnel_refused(TunnelId id, bool is_there) {
  const std::string name = "tunnel " + std::to_string(id.value);
  if (is_there) return {.status = StoreStatus::Taken, .detail = name + " was evicted by another broker"};
  return {.status = StoreStatus::Missing, .detail = name + " refused: its account is disabled or deleted"};
}

Failure claim_taken(const Claim& put, const Claim& there) {
  return {.status = StoreStatus::Taken, .detail = port::refusal_text(put, there), .occupied = there.prefix};
}

Failure claim_taken(std::string detail) {
  return {.status = StoreStatus::Taken, .detail = std::move(detail)};
}

DelegatedLengths delegated_lengths(const IPv6Prefix& like) {
  if (is_mapped(like)) return {.shortest = kMappedLength + 8, .longest = kMappedLength + 30};
  return {.shortest = 48, .longest = 64};
}

bool is_claimable(const IPv6Prefix& prefix) {
  const auto [shortest, longest] = delegated_lengths(prefix);
  return prefix.length == 128 || (prefix.length >= shortest && prefix.length <= longest);
}

}  // namespace tsp::linux_::store
