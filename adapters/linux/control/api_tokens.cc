// SPDX-License-Identifier: Apache-2.0
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

constexpr std::uint64_t kLifetimeSecondsMax = 3660ULL * 24 * 3600;
constexpr const char* kNoSuchToken = "id: no such token";

// What a store can hold.
std::optional<ApiTokenId> token_id(const std::string& text) {
  const auto number = parse_number(text);
  return number && std::in_range<std::int64_t>(*number) ? std::optional(ApiTokenId{*number}) : std::nullopt;
}

// None: all of them.
std::optional<std::string> login_of_tokens(const ApiContext& context) {
  return only_own(context.caller) ? std::optional(context.caller.login) : std::nullopt;
}

// Why it is not for him to give away; none: it is.
std::optional<std::string> gift_fault(const Caller& caller, const CreateTokenRequest& command) {
  if (only_own(caller) && command.role != ApiRole::User) return "role: expected user";
  if (only_own(caller) && !caller.owns(command.login)) return "login: expected your own";
  if (includes(caller.scopes, command.scopes)) return std::nullopt;
  return "scopes: expected some of those of the token that asks";
}

}  // namespace

ApiResponse list_tokens(const ApiContext& context) {
  const auto after = token_id(context.after.empty() ? "0" : context.after);
  if (!after) return refuse(422, "after: expected the id of a token");
  const auto reply = ask(context, ListTokensRequest{*after, context.limit, login_of_tokens(context)});
  if (!reply) return reply.error();
  return respond_page(context, "tokens", reply->tokens, [](const ApiToken& token) { return token.id.value; });
}

ApiResponse create_token(const ApiContext& context) {
  BodyFields fields(context.request.body);
  CreateTokenRequest command{.name = fields.required_text("name")};
  const auto role = auth::parse_role(fields.required_text("role"));
  command.login = fields.text("login").value_or("");
  command.scopes = fields.texts("scopes").value_or(std::vector<std::string>());
  const auto seconds = fields.number("lifetime_seconds", kLifetimeSecondsMax);
  if (auto refused = refuse_faulty(fields)) return std::move(*refused);
  if (!role) return refuse(422, "role: expected admin, operator or user");
  if (!std::ranges::all_of(command.scopes, is_scope)) return refuse(422, "scopes: expected some of " + all_scopes());
  command.role = *role;
  if (seconds) command.lifetime = std::chrono::seconds(*seconds);
  if (const auto fault = gift_fault(context.caller, command)) return refuse(403, *fault);
  const auto reply = ask(context, std::move(command));
  if (!reply) return reply.error();
  json token = reply->tokens.empty() ? json::object() : to_json(reply->tokens.front());
  token["token"] = reply->token;
  return respond(201, token);
}

ApiResponse revoke_token(const ApiContext& context) {
  const auto id = token_id(context.argument);
  if (!id) return refuse(404, kNoSuchToken);
  const auto reply = ask(context, RevokeTokenRequest{*id, login_of_tokens(context)});
  return reply ? respond(200, json::object()) : reply.error();
}

}  // namespace tsp::linux_
