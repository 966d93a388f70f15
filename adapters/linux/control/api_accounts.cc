// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "adapters/linux/control/api_access.h"
#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_pages.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

// The account as it is after a change, or an empty object if it is gone already.
ApiResponse respond_with_account(int status, const AdminReply& reply) {
  return respond(status, reply.accounts.empty() ? json::object() : to_json(reply.accounts.front()));
}

std::optional<std::uint16_t> mtu_of(BodyFields& fields, bool& given) {
  const auto number = fields.number_or_null("mtu", 0xFFFF, given);
  return number ? std::optional(static_cast<std::uint16_t>(*number)) : std::nullopt;
}

std::optional<BrokerId> home_of(BodyFields& fields, bool& given) {
  const auto number = fields.number_or_null("home", 0xFFFFFFFF, given);
  return number ? std::optional(BrokerId{static_cast<std::uint32_t>(*number)}) : std::nullopt;
}

// Both lengths or none. `given`: whether they are there; none then is as configured.
std::expected<std::optional<PrefixLimits>, ApiResponse> limits_of(BodyFields& fields, bool& given) {
  constexpr std::uint64_t kLengthMax = 128;
  bool longest_given = false;
  const auto shortest = fields.number_or_null("prefix_length_shortest", kLengthMax, given);
  const auto longest = fields.number_or_null("prefix_length_longest", kLengthMax, longest_given);
  if (auto refused = refuse_faulty(fields)) return std::unexpected(std::move(*refused));
  if (given != longest_given) {
    return std::unexpected(refuse(422, "prefix_length_shortest: expected together with prefix_length_longest"));
  }
  if (shortest.has_value() != longest.has_value()) {
    const char* missing = shortest ? "prefix_length_longest" : "prefix_length_shortest";
    return std::unexpected(refuse(422, std::string(missing) + ": expected a length, since the other is one"));
  }
  if (!shortest) return std::nullopt;
  return PrefixLimits{static_cast<std::uint8_t>(*shortest), static_cast<std::uint8_t>(*longest)};
}

// None: it is not there. Null takes it away.
std::optional<std::string> note_of(BodyFields& fields) {
  bool given = false;
  auto note = fields.text_or_null("note", given);
  if (note && note->empty()) fields.expect("note", "a text, or null");
  return given ? std::optional(std::move(note).value_or("")) : std::nullopt;
}

// What an administrator is shown; what is noted about an account is not for its owner.
json account_json(const ApiContext& context, const AccountView& view) {
  json account = to_json(view);
  if (only_own(context.caller)) account["note"] = nullptr;
  return account;
}

// What a user may not change of his own account; none: he asks for nothing of it.
const char* reserved_field(const ChangeAccountRequest& command) {
  if (command.enabled) return "enabled";
  if (command.prefix_limits) return "prefix_length_shortest";
  if (command.mtu) return "mtu";
  if (command.home) return "home";
  if (command.note) return "note";
  return command.force ? "force" : nullptr;
}

}  // namespace

ApiResponse list_accounts(const ApiContext& context) {
  const auto reply = ask(context, ListAccountsRequest{context.after, context.limit});
  if (!reply) return reply.error();
  return respond_page(context, "accounts", reply->accounts,
                      [](const AccountView& view) { return view.record.account.login; });
}

ApiResponse add_account(const ApiContext& context) {
  BodyFields fields(context.request.body);
  AddAccountRequest command{.login = fields.required_text("login"), .password = fields.required_text("password")};
  bool mtu_given = false;
  command.mtu = mtu_of(fields, mtu_given);
  bool home_given = false;
  command.home = home_of(fields, home_given);
  command.force = fields.boolean("force").value_or(false);
  command.note = note_of(fields).value_or("");
  bool limits_given = false;
  auto limits = limits_of(fields, limits_given);
  if (!limits) return std::move(limits.error());
  command.prefix_limits = *limits;
  const auto reply = ask(context, std::move(command));
  return reply ? respond_with_account(201, *reply) : reply.error();
}

ApiResponse show_account(const ApiContext& context) {
  const auto reply = ask(context, ShowAccountRequest{context.argument});
  if (!reply) return reply.error();
  if (reply->accounts.empty()) return respond(200, json::object());
  json account = account_json(context, reply->accounts.front());
  const bool has_dns = context.dns.account != nullptr;
  account["dns"] = has_dns ? to_json(context.dns.account(reply->accounts.front().record.account.id)) : json();
  return respond(200, account);
}

ApiResponse change_account(const ApiContext& context) {
  BodyFields fields(context.request.body);
  ChangeAccountRequest command{.login = context.argument, .password = fields.text("password")};
  command.enabled = fields.boolean("enabled");
  bool mtu_given = false;
  const auto mtu = mtu_of(fields, mtu_given);
  if (mtu_given) command.mtu = mtu;
  bool home_given = false;
  const auto home = home_of(fields, home_given);
  if (home_given) command.home = home;
  command.force = fields.boolean("force").value_or(false);
  command.note = note_of(fields);
  bool limits_given = false;
  auto limits = limits_of(fields, limits_given);
  if (!limits) return std::move(limits.error());
  if (limits_given) command.prefix_limits = *limits;
  if (const char* field = reserved_field(command); field != nullptr && only_own(context.caller)) {
    return refuse(403, std::string(field) + ": only an administrator may change it");
  }
  const auto reply = ask(context, std::move(command));
  return reply ? show_account(context) : reply.error();
}

ApiResponse delete_account(const ApiContext& context) {
  const auto reply = ask(context, DeleteAccountRequest{context.argument});
  return reply ? respond(200, json::object()) : reply.error();
}

ApiResponse make_key(const ApiContext& context) {
  const auto reply = ask(context, SetUpdateKeyRequest{.login = context.argument});
  return reply ? respond(200, {{"login", context.argument}, {"update_key", reply->update_key}}) : reply.error();
}

ApiResponse remove_key(const ApiContext& context) {
  const auto reply = ask(context, SetUpdateKeyRequest{.login = context.argument, .remove = true});
  return reply ? respond(200, json::object()) : reply.error();
}

}  // namespace tsp::linux_
