// SPDX-License-Identifier: Apache-2.0
//
// What an account's owner pastes into routers and clients.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/linux/client_config/client_config.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"
#include "adapters/linux/control/client_facts.h"
#include "core/wire/broker_address.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

using MaybeTunnel = std::optional<TunnelRecord>;

std::expected<MaybeTunnel, ApiResponse> live_tunnel(const ApiContext& context, const AccountView& account) {
  if (!account.tunnel) return account.tunnel_elsewhere;
  const auto reply = ask(context, ShowTunnelRequest{*account.tunnel});
  // It may have ended meanwhile.
  if (!reply && reply.error().status == 404) return std::nullopt;
  if (!reply) return std::unexpected(reply.error());
  return reply->tunnels.empty() ? std::nullopt : MaybeTunnel(reply->tunnels.front().record);
}

std::vector<BrokerAddress> own_places(const ApiContext& context) {
  std::vector<BrokerAddress> places;
  for (const std::string& text : context.service().listen) {
    if (auto place = wire::parse_broker_address(text)) places.push_back(std::move(*place));
  }
  return places;
}

// Where the broker that has the account's tunnel speaks TSP.
std::expected<std::vector<BrokerAddress>, ApiResponse> signalling_places(const ApiContext& context,
                                                                         const AccountView& account) {
  if (account.tunnel) return own_places(context);
  const auto reply = ask(context, ListBrokersRequest{});
  if (!reply) return std::unexpected(reply.error());
  for (const BrokerView& broker : reply->brokers) {
    if (broker.record.id == account.tunnel_broker) return broker.record.addresses;
  }
  return std::vector<BrokerAddress>{};
}

std::expected<ClientFacts, ApiResponse> facts_of(const ApiContext& context, const AccountView& account) {
  const auto tunnel = live_tunnel(context, account);
  if (!tunnel) return std::unexpected(tunnel.error());
  ClientFacts facts = client_facts(account.record, *tunnel);
  if (facts.tunnel && facts.tunnel->local.port == 0) {
    const auto places = signalling_places(context, account);
    if (!places) return std::unexpected(places.error());
    facts.tunnel->signalling_port = signalling_port(*places, facts.tunnel->local.address);
  }
  return facts;
}

json config_json(const std::string& system, const ClientFacts& facts) {
  const auto text = client_config(*parse_target_system(system), facts);
  const bool lacks_tunnel = !text && text.error().lack == ClientConfigRefusal::Lack::Tunnel;
  return {{"system", system},
          {"text", text ? json(*text) : json()},
          {"lacks", text ? json() : json(lacks_tunnel ? "tunnel" : "value")},
          {"reason", text ? json() : json(text.error().text)}};
}

}  // namespace

ApiResponse show_client_configs(const ApiContext& context) {
  const auto given = context.parameter("server");
  const auto server = given ? client::parse_server_name(*given) : std::nullopt;
  if (given && !server) return refuse(422, "server: expected HOST or HOST:PORT");
  const auto reply = ask(context, ShowAccountRequest{context.argument});
  if (!reply) return reply.error();
  if (reply->accounts.empty()) return refuse(404, "login: no such account");
  auto facts = facts_of(context, reply->accounts.front());
  if (!facts) return facts.error();
  facts->server = server;
  json configs = json::array();
  for (const std::string& system : target_system_names()) configs.push_back(config_json(system, *facts));
  return respond(200, {{"client_configs", std::move(configs)}});
}

}  // namespace tsp::linux_
