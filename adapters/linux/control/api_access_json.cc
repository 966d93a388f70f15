// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/linux/control/api_access.h"
#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "core/auth/api_token.h"

namespace tsp::linux_ {

using nlohmann::json;

json to_json(const ApiToken& token) {
  return {{"id", token.id.value},
          {"name", token.name},
          {"role", auth::name_of(token.role)},
          {"login", token.login.empty() ? json() : json(token.login)},
          {"scopes", token.scopes},
          {"created_at", to_text(token.created)},
          {"expires_at", token.expires ? json(to_text(*token.expires)) : json()}};
}

json to_json(const ConsoleLogin& login) {
  return {{"login", login.login},
          {"role", auth::name_of(login.role)},
          {"changed_at", to_text(login.changed)},
          {"needs_code", login.needs_code}};
}

json to_json(const AuditEntry& entry) {
  return {{"id", cursor_of(entry)},   {"at", to_text(entry.at)}, {"broker_id", entry.broker.value},
          {"actor", entry.actor},     {"source", entry.source},  {"action", entry.action},
          {"subject", entry.subject}, {"detail", entry.detail},  {"result", entry.result}};
}

std::string cursor_of(const AuditEntry& entry) {
  return std::to_string(entry.at.since_epoch.count()) + '-' + std::to_string(entry.id);
}

std::optional<AuditPlace> parse_cursor(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto at = parse_number(text.substr(0, dash));
  const auto id = parse_number(text.substr(dash + 1));
  if (!at || !id || !std::in_range<std::int64_t>(*at) || !std::in_range<std::int64_t>(*id)) return std::nullopt;
  return AuditPlace{WallTime{Duration(static_cast<std::int64_t>(*at))}, *id};
}

}  // namespace tsp::linux_
