// SPDX-License-Identifier: Apache-2.0
//
// Second factors of console logins.
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"
#include "adapters/linux/control/totp.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

struct TotpFields {
  std::optional<std::string> password;
  std::optional<std::string> code;
};

std::expected<TotpFields, ApiResponse> read_totp_fields(const ApiContext& context, bool takes_password,
                                                        bool takes_code) {
  BodyFields fields = BodyFields::of_optional(context.request.body);
  TotpFields read;
  if (takes_password) read.password = fields.text("password");
  if (takes_code) read.code = fields.text("code");
  if (auto refused = refuse_faulty(fields)) return std::unexpected(std::move(*refused));
  return read;
}

// Only of his own, or as an administrator. None: he may.
std::optional<ApiResponse> check_whose(const ApiContext& context) {
  if (!context.caller.scopes.empty()) return refuse(403, "a token with scopes may not do this");
  if (context.caller.owns(context.argument) || context.caller.is_admin()) return std::nullopt;
  return refuse(403, "only an administrator may, or who has this console login");
}

// 401 would end the session of whoever mistyped. None: it is the owner who asks, or an administrator for another.
std::optional<ApiResponse> check_owner(const ApiContext& context, const TotpFields& fields) {
  if (!context.caller.owns(context.argument)) return std::nullopt;
  if (!fields.password) return refuse(422, "password: expected a string");
  auto refused =
      context.gate.check_proof(context.request.credentials, {context.argument, *fields.password, fields.code});
  if (refused && refused->status == 401) refused->status = 403;
  return refused;
}

}  // namespace

ApiResponse begin_totp(const ApiContext& context) {
  if (auto refused = check_whose(context)) return std::move(*refused);
  const auto fields = read_totp_fields(context, true, false);
  if (!fields) return fields.error();
  const auto there = context.gate.find_totp(context.argument);
  if (!there) return there.error();
  if (*there && (*there)->confirmed) return refuse(409, "there is a second factor already");
  if (auto refused = check_owner(context, *fields)) return std::move(*refused);
  const TotpSecret secret = random_totp_secret();
  const auto reply = ask(context, SetTotpRequest{.login = context.argument, .secret = secret});
  if (!reply) return reply.error();
  return respond(201, {{"login", context.argument},
                       {"secret", base32_of(secret)},
                       {"uri", totp_uri(secret, context.service().realm, context.argument)}});
}

ApiResponse confirm_totp(const ApiContext& context) {
  if (auto refused = check_whose(context)) return std::move(*refused);
  const auto fields = read_totp_fields(context, false, true);
  if (!fields) return fields.error();
  if (!fields->code) return refuse(422, "code: expected a string");
  const auto there = context.gate.find_totp(context.argument);
  if (!there) return there.error();
  if (!*there) return refuse(404, "login: no second factor was begun");
  if ((*there)->confirmed) return refuse(409, "there is a second factor already");
  const auto step = find_totp_step((*there)->secret, *fields->code, context.gate.wall_time());
  if (!step) return refuse(422, "code: it is another one; is the device's clock right?");
  const auto reply =
      ask(context, SetTotpRequest{.login = context.argument, .secret = (*there)->secret, .confirmed_by = step});
  return reply ? respond(200, json::object()) : reply.error();
}

ApiResponse remove_totp(const ApiContext& context) {
  if (auto refused = check_whose(context)) return std::move(*refused);
  const auto fields = read_totp_fields(context, true, true);
  if (!fields) return fields.error();
  if (auto refused = check_owner(context, *fields)) return std::move(*refused);
  const auto reply = ask(context, RemoveTotpRequest{context.argument});
  return reply ? respond(200, json::object()) : reply.error();
}

}  // namespace tsp::linux_
