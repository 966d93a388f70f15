// SPDX-License-Identifier: Apache-2.0
//
// Accounts and tunnels for tests of stores that differ by their numbers.
#pragma once

#include <cstdint>
#include <string>

#include <tsp/store.h>

#include "adapters/port/store_harness.h"

namespace tsp::linux_::store {

inline Account account(std::uint64_t id) {
  Account account;
  account.id = {id};
  account.login = "login-" + std::to_string(id);
  account.verifier = {0xAB, 0xCD};
  return account;
}

inline TunnelRecord tunnel(std::uint64_t id, AccountId owner = kAnonymous) {
  TunnelRecord tunnel;
  tunnel.id = {id};
  tunnel.account = owner;
  tunnel.broker = {1};
  tunnel.path = {make_endpoint({{192, 0, 2, 7}}, 61000), make_endpoint({{198, 51, 100, 1}}, 3653)};
  tunnel.inner = port::address("2001:db8::7");
  tunnel.created = port::at_second(100);
  return tunnel;
}

// A statement that writes so many tunnels into the history, ended on that day since 1970.
inline std::string ended_tunnels(int count, std::int64_t day) {
  const std::string ended_ns = std::to_string(day * 86'400) + "000000000";
  std::string sql =
      "INSERT INTO tunnel_history (tunnel, account, login, broker, type, remote_address, remote_port, local_address,"
      " local_port, inner_address, created_ns, ended_ns, reason) VALUES ";
  for (int i = 0; i < count; ++i) {
    const std::string address = "x'20010db8000000000000000000000007'";
    sql += (i > 0 ? ", (" : "(") + std::to_string(i + 1) + ", 0, '', 1, 1, " + address + ", 1, " + address + ", 2, " +
           address + ", 0, " + ended_ns + ", 0)";
  }
  return sql;
}

// The same of entries of the audit log, on that day.
inline std::string audit_entries(int count, std::int64_t day) {
  std::string sql = "INSERT INTO audit VALUES ";
  for (int i = 0; i < count; ++i) {
    sql += (i > 0 ? ", (" : "(") + std::to_string(day * 86'400) + "000000000, " + std::to_string(i + 1) +
           ", 1, 'uid 0', 'local', 'account.add', 'alice', '', 'done')";
  }
  return sql;
}

}  // namespace tsp::linux_::store
