// SPDX-License-Identifier: Apache-2.0
//
// Who asks the API, and what he may do there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/address.h>
#include <tsp/broker.h>

namespace tsp::linux_ {

// As a request brings them.
struct Credentials {
  std::optional<std::uint32_t> uid{};  // of the process at the other end of the control socket
  IPv6Address source{};                // of any other; IPv4 mapped
  std::string authorization{};
  std::string cookie{};
  std::string csrf_token{};
};

// After they were looked at.
struct Caller {
  std::optional<ApiRole> role{};      // none: nobody that is known
  std::string name{};                 // as in AuditEntry::actor
  std::string source{};               // likewise
  std::string login{};                // of a user his account's, of a session its console login
  std::vector<std::string> scopes{};  // empty: whatever the role may do
  std::string session{};              // what names the session, if it is one

  [[nodiscard]] bool is_user() const { return role == ApiRole::User; }
  [[nodiscard]] bool is_admin() const { return role == ApiRole::Admin; }
  [[nodiscard]] bool owns(std::string_view whose) const { return !login.empty() && login == whose; }
  [[nodiscard]] Actor actor() const { return {.name = name, .source = source}; }
};

// Whoever has reached the control socket may do everything.
[[nodiscard]] inline Caller local_caller(std::uint32_t uid) {
  return {.role = ApiRole::Admin, .name = "uid " + std::to_string(uid), .source = "local"};
}

}  // namespace tsp::linux_
