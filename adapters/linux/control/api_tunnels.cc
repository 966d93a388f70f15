// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "adapters/linux/control/api_access.h"
#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_pages.h"
#include "adapters/linux/control/api_routes.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

constexpr const char* kNoSuchTunnel = "id: no such tunnel";

// Another's tunnel is to a user as if it were not there.
bool is_hidden(const ApiContext& context, const AdminReply& reply) {
  if (reply.tunnels.empty()) return true;
  return only_own(context.caller) && !context.caller.owns(reply.tunnels.front().record.login);
}

std::optional<TunnelId> tunnel_id(const std::string& text) {
  const auto number = parse_number(text);
  return number ? std::optional(TunnelId{*number}) : std::nullopt;
}

}  // namespace

ApiResponse list_tunnels(const ApiContext& context) {
  const auto after = context.after.empty() ? TunnelId{} : tunnel_id(context.after);
  if (!after) return refuse(422, "after: expected the id of a tunnel");
  ListTunnelsRequest command{.after = *after, .limit = context.limit, .login = context.parameter("login")};
  if (auto refused = read_range(context, "address", command.address)) return std::move(*refused);
  if (auto refused = read_range(context, "remote", command.remote)) return std::move(*refused);
  const auto reply = ask(context, std::move(command));
  if (!reply) return reply.error();
  return respond_page(context, "tunnels", reply->tunnels, [](const TunnelView& view) { return view.record.id.value; });
}

ApiResponse show_tunnel(const ApiContext& context) {
  const auto id = tunnel_id(context.argument);
  if (!id) return refuse(404, kNoSuchTunnel);
  const auto reply = ask(context, ShowTunnelRequest{*id});
  if (!reply) return reply.error();
  if (is_hidden(context, *reply)) return refuse(404, kNoSuchTunnel);
  return respond(200, to_json(reply->tunnels.front()));
}

ApiResponse kick_tunnel(const ApiContext& context) {
  const auto id = tunnel_id(context.argument);
  if (!id) return refuse(404, kNoSuchTunnel);
  if (only_own(context.caller)) {
    const auto shown = ask(context, ShowTunnelRequest{*id});
    if (!shown) return shown.error();
    if (is_hidden(context, *shown)) return refuse(404, kNoSuchTunnel);
  }
  const auto reply = ask(context, KickTunnelRequest{*id});
  return reply ? respond(200, json::object()) : reply.error();
}

}  // namespace tsp::linux_
