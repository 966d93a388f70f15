// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/access_commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/linux/control/url.h"
#include "apps/tspctl/collections.h"
#include "apps/tspctl/duration.h"
#include "apps/tspctl/new_password.h"
#include "apps/tspctl/views.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

constexpr std::uint32_t kPageSize = 1000;

std::string console_login_path(const std::string& login) {
  return "console-logins/" + linux_::percent_encode(login);
}

Output nothing_or(std::expected<json, Failure> answer, bool as_json) {
  if (!answer) return std::unexpected(std::move(answer.error()));
  return as_json ? answer->dump(2) + '\n' : std::string();
}

Output rows_or(std::expected<json, Failure> items, const char* collection, bool as_json,
               std::string (*view)(const json&)) {
  if (!items) return std::unexpected(std::move(items.error()));
  return as_json ? json{{collection, std::move(*items)}}.dump(2) + '\n' : view(*items);
}

}  // namespace

Output AccessCommands::create_token(const CreateTokenArguments& arguments) const {
  json body = {{"name", arguments.name}, {"role", arguments.role}};
  if (!arguments.account.empty()) body["login"] = arguments.account;
  if (!arguments.scopes.empty()) body["scopes"] = arguments.scopes;
  if (!arguments.expires.empty()) {
    const auto seconds = parse_duration(arguments.expires);
    if (!seconds) {
      return std::unexpected(Failure{ExitCode::Invalid, "--expires: expected " + std::string(kDurationForm)});
    }
    body["lifetime_seconds"] = *seconds;
  }
  auto answer = client_.call("POST", "tokens", body);
  if (!answer) return std::unexpected(std::move(answer.error()));
  return json_ ? answer->dump(2) + '\n' : token_text(*answer);
}

std::expected<json, Failure> AccessCommands::all_tokens() const {
  return all_of(client_, "tokens");
}

Output AccessCommands::list_tokens() const {
  return rows_or(all_tokens(), "tokens", json_, token_table);
}

Output AccessCommands::revoke_token(const std::string& token) const {
  const auto tokens = all_tokens();
  if (!tokens) return std::unexpected(tokens.error());
  std::vector<std::string> ids;
  for (const json& one : *tokens) {
    const std::string id = one.value("id", json()).dump();
    if (id == token || one.value("name", "") == token) ids.push_back(id);
  }
  if (ids.empty()) return std::unexpected(Failure{ExitCode::NotFound, "no such token"});
  if (ids.size() > 1) {
    return std::unexpected(Failure{ExitCode::Invalid, "there are several of this name; `tspctl token list` shows ids"});
  }
  return nothing_or(client_.call("DELETE", "tokens/" + ids.front(), nullptr), json_);
}

Output AccessCommands::set_console_login(const std::string& login, const std::string& role,
                                         std::optional<int> password_fd) const {
  auto password = new_password(password_fd);
  if (!password) return std::unexpected(std::move(password.error()));
  json body = {{"password", std::move(*password)}};
  if (!role.empty()) body["role"] = role;
  return nothing_or(client_.call("PUT", console_login_path(login), body), json_);
}

Output AccessCommands::remove_console_login(const std::string& login) const {
  return nothing_or(client_.call("DELETE", console_login_path(login), nullptr), json_);
}

Output AccessCommands::list_console_logins() const {
  return rows_or(all_of(client_, "console-logins"), "console-logins", json_, console_login_table);
}

Output AccessCommands::audit(std::uint32_t entries) const {
  json all = json::array();
  std::string after;
  while (all.size() < entries) {
    const auto limit = std::min<std::size_t>(entries - all.size(), kPageSize);
    auto page = client_.call("GET", "audit?limit=" + std::to_string(limit) + after);
    if (!page) return std::unexpected(std::move(page.error()));
    for (json& entry : (*page)["audit"]) all.push_back(std::move(entry));
    const json next = page->value("next", json());
    if (!next.is_string()) break;
    after = "&after=" + linux_::percent_encode(next.get<std::string>());
  }
  std::ranges::reverse(all);
  return json_ ? json{{"audit", std::move(all)}}.dump(2) + '\n' : audit_table(all);
}

}  // namespace tsp::tspctl
