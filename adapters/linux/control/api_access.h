// SPDX-License-Identifier: Apache-2.0
//
// What each role may do, and each scope of a token. The table of routes in api.cc says for every request which of these
// it needs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/linux/control/caller.h"

namespace tsp::linux_ {

enum class Who : std::uint8_t {
  Admin,
  AdminOrOwner,  // or a user, if it is about his own account
  Operator,      // and admins
  OperatorOrOwner,
  Anybody,  // who is known
  Stranger  // and who is not
};

// What a scope is about: "accounts:read", "accounts:write", the second of which includes the first.
enum class Area : std::uint8_t { Accounts, Tunnels, Broker, Dns, Access, Audit, Events, Session };

enum class Intent : std::uint8_t { Read, Write };

// Why he may not; none: he may, or if the owner may and he is a user, only if it is his.
[[nodiscard]] std::optional<std::string> access_fault(const Caller& caller, Who who, Area area, Intent intent);
// Whether only what belongs to the caller's account is open to him.
[[nodiscard]] bool only_own(const Caller& caller);

[[nodiscard]] bool is_scope(std::string_view text);
// "accounts:read, …", for people.
[[nodiscard]] std::string all_scopes();
// Whether somebody with the scopes `of` may give away `wanted`; empty is everything.
[[nodiscard]] bool includes(const std::vector<std::string>& of, const std::vector<std::string>& wanted);

}  // namespace tsp::linux_
