// SPDX-License-Identifier: Apache-2.0
//
// Console logins, and sessions.
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "adapters/linux/control/api_access.h"
#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_pages.h"
#include "adapters/linux/control/api_routes.h"
#include "core/auth/api_token.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

struct NewConsoleLogin {
  std::string password;
  std::optional<ApiRole> role;
  std::optional<std::string> current_password;
};

std::string expected_password(const char* field) {
  return std::string(field) + ": expected at least " + std::to_string(Passwords::kCharactersMin) +
         " characters, and at most " + std::to_string(Passwords::kSizeMax) + " bytes";
}

// Of UTF-8.
std::size_t characters_in(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::expected<NewConsoleLogin, ApiResponse> read_console_login_fields(const ApiContext& context) {
  BodyFields fields(context.request.body);
  NewConsoleLogin wanted{
      .password = fields.required_text("password"), .role = std::nullopt, .current_password = std::nullopt};
  const auto role = fields.text("role");
  wanted.current_password = fields.text("current_password");
  if (auto refused = refuse_faulty(fields)) return std::unexpected(std::move(*refused));
  if (role) wanted.role = auth::parse_role(*role);
  if (role && !wanted.role) return std::unexpected(refuse(422, "role: expected admin, operator or user"));
  if (characters_in(wanted.password) < Passwords::kCharactersMin || wanted.password.size() > Passwords::kSizeMax) {
    return std::unexpected(refuse(422, expected_password("password")));
  }
  return wanted;
}

// Of his own console login everybody changes the password, who knows the one that it has. None: he may.
std::optional<ApiResponse> check_own_change(const ApiContext& context, const NewConsoleLogin& wanted) {
  const Caller& caller = context.caller;
  if (!caller.owns(context.argument)) return only_own(caller) ? not_yours() : refuse(403, "only an administrator may");
  if (wanted.role && wanted.role != caller.role) return refuse(403, "role: only an administrator may change it");
  const auto there = ask(context, FindConsoleLoginRequest{context.argument});
  if (!there && there.error().status == 404) return std::nullopt;  // the first one
  if (!there) return there.error();
  if (!wanted.current_password) return refuse(422, "current_password: expected a string");
  const auto right =
      context.gate.is_password_of(context.request.credentials, context.argument, *wanted.current_password);
  if (!right) return right.error();
  if (!*right) return refuse(403, "current_password: it is another one");
  return std::nullopt;
}

json session_json(const ApiContext& context, const Caller& caller, const std::optional<std::string>& csrf_token) {
  const auto& lifetimes = context.gate.lifetimes();
  const auto seconds = [](Duration time) { return std::chrono::floor<std::chrono::seconds>(time).count(); };
  const bool is_session = csrf_token.has_value();
  return {{"name", caller.name},
          {"role", auth::name_of(*caller.role)},
          {"login", caller.login.empty() ? json() : json(caller.login)},
          {"scopes", caller.scopes},
          {"csrf_token", is_session ? json(*csrf_token) : json()},
          {"idle_seconds", is_session ? json(seconds(lifetimes.idle)) : json()},
          {"lifetime_seconds", is_session ? json(seconds(lifetimes.whole)) : json()}};
}

// Never seen by scripts, never sent by another site, never sent in clear.
std::string cookie_text(const std::string& value, const char* more) {
  return std::string(kSessionCookie) + '=' + value + "; Path=/; Secure; HttpOnly; SameSite=Strict" + more;
}

}  // namespace

ApiResponse list_console_logins(const ApiContext& context) {
  const auto reply = ask(context, ListConsoleLoginsRequest{context.after, context.limit});
  if (!reply) return reply.error();
  return respond_page(context, "console-logins", reply->console_logins,
                      [](const ConsoleLogin& login) { return login.login; });
}

ApiResponse set_console_login(const ApiContext& context) {
  const auto wanted = read_console_login_fields(context);
  if (!wanted) return wanted.error();
  // Who has this could do whatever the scopes of his token keep from him.
  if (!context.caller.scopes.empty()) return refuse(403, "a token with scopes may not do this");
  if (!context.caller.is_admin()) {
    if (auto refused = check_own_change(context, *wanted)) return std::move(*refused);
  }
  auto hash = context.gate.passwords().hash(wanted->password);
  if (!hash) return refuse(503, "too many passwords are being computed; try again");
  const ApiRole own_role = context.caller.is_admin() ? ApiRole::User : *context.caller.role;
  const auto reply = ask(context, SetConsoleLoginRequest{.login = context.argument,
                                                         .role = wanted->role.value_or(own_role),
                                                         .password_hash = std::move(*hash)});
  return reply ? respond(200, json::object()) : reply.error();
}

ApiResponse remove_console_login(const ApiContext& context) {
  const auto reply = ask(context, RemoveConsoleLoginRequest{context.argument});
  return reply ? respond(200, json::object()) : reply.error();
}

ApiResponse show_session(const ApiContext& context) {
  const auto session = context.gate.session_of(context.caller);
  return respond(200,
                 session_json(context, context.caller, session ? std::optional(session->csrf_token) : std::nullopt));
}

ApiResponse begin_session(const ApiContext& context) {
  BodyFields fields(context.request.body);
  const std::string login = fields.required_text("login");
  const std::string password = fields.required_text("password");
  const auto code = fields.text("code");
  if (auto refused = refuse_faulty(fields)) return std::move(*refused);
  if (password.size() > Passwords::kSizeMax) return refuse(422, expected_password("password"));
  const auto begun = context.gate.log_in(context.request.credentials, {login, password, code});
  if (!begun) return begun.error();
  const Caller caller{.role = begun->login.role,
                      .name = "session " + begun->login.login,
                      .source = context.caller.source,
                      .login = begun->login.login,
                      .session = begun->session.cookie};
  const auto noted = ask(context.core, NoteRequest{.action = "session.begin", .subject = login}, caller.actor());
  if (!noted) {
    context.gate.log_out(caller);
    return noted.error();
  }
  ApiResponse response = respond(200, session_json(context, caller, begun->session.csrf_token));
  response.headers.emplace_back("Set-Cookie", cookie_text(begun->session.cookie, ""));
  return response;
}

ApiResponse end_session(const ApiContext& context) {
  if (context.caller.session.empty()) return refuse(404, "there is no session");
  const auto noted = ask(context, NoteRequest{.action = "session.end", .subject = context.caller.login});
  context.gate.log_out(context.caller);
  if (!noted) return noted.error();
  ApiResponse response = respond(200, json::object());
  response.headers.emplace_back("Set-Cookie", cookie_text("", "; Max-Age=0"));
  return response;
}

}  // namespace tsp::linux_
