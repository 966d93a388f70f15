// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_access.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/auth/api_token.h"

namespace tsp::linux_ {
namespace {

constexpr std::array<std::pair<Area, std::string_view>, 7> kScopedAreas = {{{Area::Accounts, "accounts"},
                                                                            {Area::Tunnels, "tunnels"},
                                                                            {Area::Broker, "broker"},
                                                                            {Area::Dns, "dns"},
                                                                            {Area::Access, "access"},
                                                                            {Area::Audit, "audit"},
                                                                            {Area::Events, "events"}}};
constexpr std::string_view kRead = ":read";
constexpr std::string_view kWrite = ":write";

bool role_may(ApiRole role, Who who) {
  switch (who) {
    case Who::Admin:
      return role == ApiRole::Admin;
    case Who::AdminOrOwner:
      return role != ApiRole::Operator;
    case Who::Operator:
      return role != ApiRole::User;
    case Who::OperatorOrOwner:
    case Who::Anybody:
    case Who::Stranger:
      return true;
  }
  std::unreachable();
}

bool has_scope(const std::vector<std::string>& scopes, std::string_view area, std::string_view intent) {
  const std::string wanted = std::string(area) + std::string(intent);
  if (std::ranges::find(scopes, wanted) != scopes.end()) return true;
  return intent == kRead && has_scope(scopes, area, kWrite);
}

}  // namespace

std::optional<std::string> access_fault(const Caller& caller, Who who, Area area, Intent intent) {
  if (who == Who::Stranger) return std::nullopt;
  if (!caller.role) return "expected a token or a session";
  if (!role_may(*caller.role, who)) return std::string("the role ") + auth::name_of(*caller.role) + " may not do this";
  if (caller.scopes.empty()) return std::nullopt;
  for (const auto& [scoped, word] : kScopedAreas) {
    const std::string_view needed = intent == Intent::Read ? kRead : kWrite;
    if (scoped != area || has_scope(caller.scopes, word, needed)) continue;
    return "the token lacks the scope " + std::string(word) + std::string(needed);
  }
  return std::nullopt;
}

bool only_own(const Caller& caller) {
  return caller.role != ApiRole::Admin && caller.role != ApiRole::Operator;
}

bool is_scope(std::string_view text) {
  return std::ranges::any_of(kScopedAreas, [&](const auto& scoped) {
    const std::string_view area = scoped.second;
    return text.starts_with(area) && (text.substr(area.size()) == kRead || text.substr(area.size()) == kWrite);
  });
}

std::string all_scopes() {
  std::string out;
  for (const auto& [area, word] : kScopedAreas) {
    for (const std::string_view intent : {kRead, kWrite}) {
      out += (out.empty() ? "" : ", ") + std::string(word) + std::string(intent);
    }
  }
  return out;
}

bool includes(const std::vector<std::string>& of, const std::vector<std::string>& wanted) {
  if (of.empty()) return true;
  return !wanted.empty() && std::ranges::all_of(wanted, [&](const std::string& scope) {
    const std::size_t colon = scope.find(':');
    return has_scope(of, std::string_view(scope).substr(0, colon), std::string_view(scope).substr(colon));
  });
}

}  // namespace tsp::linux_
