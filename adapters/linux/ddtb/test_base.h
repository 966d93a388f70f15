// SPDX-License-Identifier: Apache-2.0
//
// Old bases and configurations for tests.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsp/config.h>
#include <tsp/store.h>

#include "adapters/linux/ddtb/old_base.h"
#include "adapters/linux/ddtb/test_vectors.h"
#include "adapters/linux/store/database.h"
#include "core/pool/layout.h"

namespace tsp::linux_::ddtb {

inline constexpr const char* kRealm = "tunnels.example";

// The first sixteenth of the prefix is the broker's own, the rest is delegated.
inline BrokerConfig test_config(std::string_view prefix = "2001:db8::/32") {
  BrokerConfig config;
  config.realm = kRealm;
  config.broker = BrokerId{1};
  config.pool = pool::derive_layout(*parse_prefix(prefix)).value();
  config.prefix_limits = pool::default_prefix_limits(config.pool.prefix);
  return config;
}

// Of the vectors, the first of which has the id 1.
inline OldClient old_client(OldId id) {
  const Vector& vector = kVectors.at(static_cast<std::size_t>(id) - 1);
  return {.id = id,
          .login = std::string(vector.login),
          .iv = std::string(vector.iv),
          .passwd = std::string(vector.passwd),
          .min_prefix = 1,
          .max_prefix = 50};
}

// With a password that was never encrypted.
inline OldClient plain_client(OldId id, std::string login) {
  return {.id = id,
          .login = std::move(login),
          .iv = {},
          .passwd = "secret " + std::to_string(id),
          .min_prefix = 48,
          .max_prefix = 64};
}

// What a store holds that has carried out `changes`, which are of an import.
inline void add_to(store::Holdings& holdings, const std::vector<StoreChange>& changes) {
  for (const StoreChange& change : changes) {
    if (const auto* account = std::get_if<AddAccount>(&change)) holdings.accounts.push_back(account->account);
    if (const auto* claim = std::get_if<PutClaim>(&change)) holdings.claims.push_back(claim->claim);
  }
}

}  // namespace tsp::linux_::ddtb
