// SPDX-License-Identifier: Apache-2.0
//
// The handlers behind Api::handle(), one for each method and path.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "adapters/linux/control/api.h"
#include "adapters/linux/control/api_gate.h"

namespace tsp::linux_ {

class BodyFields;

struct ApiContext {
  const Api::CoreCall& core;
  ApiGate& gate;
  const Api::Service& service;
  const Api::SelfTestCall& self_test;
  const DnsCalls& dns;
  const DaemonCalls& daemon;
  const Caller& caller;
  const ApiRequest& request;
  std::string argument;  // the part of the path after the collection, decoded
  std::string after;     // for lists; empty: from the beginning
  std::uint32_t limit = 100;
  std::map<std::string, std::string> parameters{};  // further ones that the table of routes names

  // None: it is not there.
  [[nodiscard]] std::optional<std::string> parameter(const char* name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::nullopt : std::optional(found->second);
  }
};

[[nodiscard]] ApiResponse show_status(const ApiContext& context);
[[nodiscard]] ApiResponse run_self_test(const ApiContext& context);

[[nodiscard]] ApiResponse list_accounts(const ApiContext& context);
[[nodiscard]] ApiResponse add_account(const ApiContext& context);
[[nodiscard]] ApiResponse show_account(const ApiContext& context);
[[nodiscard]] ApiResponse change_account(const ApiContext& context);
[[nodiscard]] ApiResponse delete_account(const ApiContext& context);

// An account's update key.
[[nodiscard]] ApiResponse make_key(const ApiContext& context);
[[nodiscard]] ApiResponse remove_key(const ApiContext& context);

[[nodiscard]] ApiResponse show_client_configs(const ApiContext& context);

[[nodiscard]] ApiResponse list_tunnels(const ApiContext& context);
[[nodiscard]] ApiResponse show_tunnel(const ApiContext& context);
[[nodiscard]] ApiResponse kick_tunnel(const ApiContext& context);

[[nodiscard]] ApiResponse start_drain(const ApiContext& context);
[[nodiscard]] ApiResponse cancel_drain(const ApiContext& context);

[[nodiscard]] ApiResponse list_brokers(const ApiContext& context);
[[nodiscard]] ApiResponse forget_broker(const ApiContext& context);

[[nodiscard]] ApiResponse show_dns(const ApiContext& context);
[[nodiscard]] ApiResponse retry_dns(const ApiContext& context);

[[nodiscard]] ApiResponse list_tokens(const ApiContext& context);
[[nodiscard]] ApiResponse create_token(const ApiContext& context);
[[nodiscard]] ApiResponse revoke_token(const ApiContext& context);

[[nodiscard]] ApiResponse list_console_logins(const ApiContext& context);
[[nodiscard]] ApiResponse set_console_login(const ApiContext& context);
[[nodiscard]] ApiResponse remove_console_login(const ApiContext& context);

// Second factors of console logins.
[[nodiscard]] ApiResponse begin_totp(const ApiContext& context);
[[nodiscard]] ApiResponse confirm_totp(const ApiContext& context);
[[nodiscard]] ApiResponse remove_totp(const ApiContext& context);

[[nodiscard]] ApiResponse show_session(const ApiContext& context);
[[nodiscard]] ApiResponse begin_session(const ApiContext& context);
[[nodiscard]] ApiResponse end_session(const ApiContext& context);

[[nodiscard]] ApiResponse read_audit(const ApiContext& context);

[[nodiscard]] ApiResponse read_history(const ApiContext& context);
[[nodiscard]] ApiResponse list_leases(const ApiContext& context);
[[nodiscard]] ApiResponse reserve_lease(const ApiContext& context);
[[nodiscard]] ApiResponse release_lease(const ApiContext& context);
[[nodiscard]] ApiResponse show_pools(const ApiContext& context);

[[nodiscard]] ApiResponse reload_configuration(const ApiContext& context);

[[nodiscard]] ApiResponse stream_events(const ApiContext& context);

// What the handlers have in common.
[[nodiscard]] ApiResponse respond(int status, const nlohmann::json& json);
[[nodiscard]] ApiResponse refuse(int status, const std::string& message);
// If a field is wrong or unknown, or the body is no object.
[[nodiscard]] std::optional<ApiResponse> refuse_faulty(const BodyFields& fields);
// Who is not known.
[[nodiscard]] ApiResponse refuse_stranger(const std::string& message);
// To a user, about what is another's, whether or not it exists.
[[nodiscard]] ApiResponse not_yours();
// The core's reply if it is Done, or else the response that says why it is not.
[[nodiscard]] std::expected<AdminReply, ApiResponse> ask(const ApiContext& context, AdminCommand command);
[[nodiscard]] std::expected<AdminReply, ApiResponse> ask(const Api::CoreCall& core, AdminCommand command,
                                                         const std::optional<Actor>& actor);

}  // namespace tsp::linux_
