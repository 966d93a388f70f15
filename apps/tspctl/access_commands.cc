// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/access_commands.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/linux/control/url.h"
#include "apps/tspctl/duration.h"
#include "apps/tspctl/new_password.h"
#include "apps/tspctl/views.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

std::string console_login_path(const std::string& login) {
  return "console-logins/" + linux_::percent_encode(login);
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
  return show(client_.call("POST", "tokens", body), json_, token_text);
}

std::expected<json, Failure> AccessCommands::all_tokens() const {
  return all_of(client_, "tokens");
}

Output AccessCommands::list_tokens() const {
  return show_items(all_tokens(), "tokens", json_, token_table);
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
  return show(client_.call("DELETE", "tokens/" + ids.front(), nullptr), json_, nothing);
}

Output AccessCommands::set_console_login(const std::string& login, const std::string& role,
                                         std::optional<int> password_fd) const {
  auto password = new_password(password_fd);
  if (!password) return std::unexpected(std::move(password.error()));
  json body = {{"password", std::move(*password)}};
  if (!role.empty()) body["role"] = role;
  return show(client_.call("PUT", console_login_path(login), body), json_, nothing);
}

Output AccessCommands::remove_console_login(const std::string& login) const {
  return show(client_.call("DELETE", console_login_path(login), nullptr), json_, nothing);
}

Output AccessCommands::list_console_logins() const {
  return show_items(all_of(client_, "console-logins"), "console-logins", json_, console_login_table);
}

Output AccessCommands::begin_totp(const std::string& login) const {
  return show(client_.call("POST", console_login_path(login) + "/totp"), json_, totp_text);
}

Output AccessCommands::confirm_totp(const std::string& login, const std::string& code) const {
  return show(client_.call("PUT", console_login_path(login) + "/totp", {{"code", code}}), json_, nothing);
}

Output AccessCommands::remove_totp(const std::string& login) const {
  return show(client_.call("DELETE", console_login_path(login) + "/totp"), json_, nothing);
}

Output AccessCommands::audit(std::uint32_t entries) const {
  auto latest = all_of(client_, "audit", entries);
  if (latest) std::ranges::reverse(*latest);
  return show_items(std::move(latest), "audit", json_, audit_table);
}

}  // namespace tsp::tspctl
