// SPDX-License-Identifier: Apache-2.0
//
// The behaviour of every store, rule by rule of core/include/tsp/store.h and adapters/port/store.h. A test program
// includes this once and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_sqlite_harness));
#pragma once

#include "adapters/port/store_harness.h"

namespace tsp::port {

class AccessContract : public StoreContract {
 protected:
  std::vector<ApiToken> tokens(std::optional<std::string> login = std::nullopt, std::uint64_t after = 0,
                               std::uint32_t limit = 100) {
    return read(ListApiTokens{.after = {after}, .limit = limit, .login = std::move(login)}).api_tokens;
  }
  std::vector<ApiToken> find_token(const ApiTokenHash& hash) { return read(FindApiToken{.hash = hash}).api_tokens; }
  std::vector<ConsoleLogin> find_login(const std::string& login) {
    return read(FindConsoleLogin{.login = login}).console_logins;
  }
  std::vector<ConsoleTotp> find_totp(const std::string& login) {
    return read(FindConsoleLogin{.login = login}).console_totps;
  }
  static ConsoleTotp console_totp(const std::string& login) {
    return {
        .login = login, .secret = {0x00, 0x7F, 0x80, 0xFF, 5, 6}, .confirmed = false, .last_step = 3, .last_use = 4};
  }
  std::vector<ConsoleLogin> logins(const std::string& after = "", std::uint32_t limit = 100) {
    return read(ListConsoleLogins{.after = after, .limit = limit}).console_logins;
  }
  std::vector<AuditEntry> audit(std::optional<AuditPlace> before = std::nullopt, std::uint32_t limit = 100) {
    return read(ReadAudit{.before = before, .limit = limit}).audit;
  }
};

class LookupsContract : public StoreContract {
 protected:
  // One that lived from `from` to `to`; 0: it lives.
  void had(std::uint64_t id, AccountId owner, const char* inner, const char* delegated, int from, int to) {
    TunnelRecord record = tunnel({id}, owner);
    record.inner = *parse_address(inner);
    if (delegated != nullptr) record.delegated = parse_any_prefix(delegated);
    if (is_mapped(record.inner)) record.type = TunnelType::V4V6;
    record.created = at_second(from);
    EXPECT_EQ(commit({PutTunnel{record}}), StoreStatus::Done);
    if (to == 0) return;
    EXPECT_EQ(commit({EraseTunnel{{id}, EndReason::Kicked, at_second(to)}}), StoreStatus::Done);
  }
  std::vector<HistoryEntry> history(const ReadHistory& wanted) { return read(wanted).history; }
  // The tunnels' ids.
  std::vector<std::uint64_t> ids(const ReadHistory& wanted) {
    std::vector<std::uint64_t> all;
    for (const HistoryEntry& entry : history(wanted)) all.push_back(entry.tunnel.id.value);
    return all;
  }
  std::vector<std::uint64_t> with(const char* range) { return ids({.range = parse_any_prefix(range)}); }

  std::vector<Lease> leases(const ListLeases& wanted) { return read(wanted).leases; }
  std::vector<std::string> prefixes(const ListLeases& wanted) {
    std::vector<std::string> all;
    for (const Lease& lease : leases(wanted)) all.push_back(to_text(lease.claim.prefix));
    return all;
  }
};

}  // namespace tsp::port
