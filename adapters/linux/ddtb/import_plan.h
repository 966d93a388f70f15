// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the accounts of a ddtb in a store of this program: decided as a whole before anything is written.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/config.h>
#include <tsp/store.h>

#include "adapters/linux/ddtb/old_base.h"
#include "adapters/linux/ddtb/password.h"
#include "adapters/linux/store/database.h"
#include "core/base/random.h"

namespace tsp::linux_::ddtb {

// Where it is to go.
struct Target {
  const BrokerConfig& config;  // with the realm of the store
  store::Holdings holdings;    // what is there already
  WallTime now;
};

enum class Fate : std::uint8_t {
  Added,
  Present,  // an account of this login is there already, and is left as it is
  Refused,  // it cannot be an account here
};

// An account of the old broker.
struct AccountFate {
  std::string login;  // whatever the old database holds
  Fate fate = Fate::Added;
  // What it has here; of one that is present, as far as the store says so.
  std::optional<IPv6Prefix> prefix{};
  std::optional<IPv6Address> address{};
  std::optional<IPv6Address> server_address{};  // none: that of the configuration
  // False: its password could not be read, nobody can log in.
  bool enabled = true;
  // What is not as it was, and why; sentences without a full stop.
  std::vector<std::string> notes{};
};

struct ImportPlan {
  std::vector<AccountFate> accounts;  // in the order of the old ids
  std::vector<std::string> remarks;   // of what belongs to no single account
  std::vector<StoreChange> changes;   // one commit; empty: there is nothing to do
};

// The same old base gives the same plan but for the ids of new accounts, which are drawn from `random`. `key` is needed
// if passwords are encrypted. The error says why nothing can be imported.
[[nodiscard]] std::expected<ImportPlan, std::string> plan_import(const OldBase& old,
                                                                 const std::optional<PasswordKey>& key,
                                                                 const Target& target, Random& random);

}  // namespace tsp::linux_::ddtb
