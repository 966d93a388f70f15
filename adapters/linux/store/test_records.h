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

}  // namespace tsp::linux_::store
