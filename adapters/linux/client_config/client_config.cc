// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/client_config.h"

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/linux/client_config/router_snippets.h"
#include "adapters/linux/client_config/tsp_snippets.h"

namespace tsp::linux_ {
namespace {

using Lack = ClientConfigRefusal::Lack;
using RouterSnippet = std::string (*)(const Protocol41Facts&);
using TspSnippet = std::expected<std::string, std::string> (*)(const TspFacts&);

// One of the two snippets is null.
struct Target {
  TargetSystem system;
  std::string_view name;
  RouterSnippet router;
  TspSnippet tsp;
};
constexpr std::array kTargets{
    Target{TargetSystem::OpenWrt, "openwrt", openwrt_snippet, nullptr},
    Target{TargetSystem::Networkd, "networkd", networkd_snippet, nullptr},
    Target{TargetSystem::Iproute2, "iproute2", iproute2_snippet, nullptr},
    Target{TargetSystem::MikroTik, "mikrotik", mikrotik_snippet, nullptr},
    Target{TargetSystem::OpnSense, "opnsense", opnsense_snippet, nullptr},
    Target{TargetSystem::Gogoc, "gogoc", nullptr, gogoc_snippet},
    Target{TargetSystem::TspConnect, "tsp-connect", nullptr, tsp_connect_snippet},
};

std::string found(const std::optional<LiveTunnelFacts>& tunnel) {
  if (!tunnel) return "the account has no live tunnel";
  return std::string("the account's live tunnel is ") + (tunnel->type == TunnelType::V4V6 ? "v4v6" : "v6udpv4");
}

ClientConfigRefusal tunnel_needed(std::string_view system, const std::optional<LiveTunnelFacts>& tunnel) {
  return {Lack::Tunnel, std::string(system) + " does not speak TSP and needs a live v6v4 tunnel, but " + found(tunnel) +
                            "; a TSP client makes one from the router's address, such as tsp-connect --type v6v4"};
}

std::expected<IPv4Address, ClientConfigRefusal> server_outer(std::string_view system, const ClientFacts& facts) {
  if (!facts.server) return facts.tunnel->local.ipv4();
  if (const auto address = parse_ipv4(facts.server->host)) return *address;
  return std::unexpected(ClientConfigRefusal{Lack::Value, "--server " + facts.server->host +
                                                              ": expected an IPv4 address for " + std::string(system) +
                                                              ", or no --server for the address of the live tunnel"});
}

std::expected<Protocol41Facts, ClientConfigRefusal> facts_of_router(std::string_view system, const ClientFacts& facts) {
  const auto& tunnel = facts.tunnel;
  if (!tunnel || tunnel->type != TunnelType::V6V4) return std::unexpected(tunnel_needed(system, tunnel));
  if (!tunnel->remote.is_ipv4() || !tunnel->local.is_ipv4()) {
    return std::unexpected(ClientConfigRefusal{
        Lack::Value, "the ends of a v6v4 tunnel: expected IPv4 addresses, found " + to_text(tunnel->remote.address) +
                         " and " + to_text(tunnel->local.address)});
  }
  const auto server = server_outer(system, facts);
  if (!server) return std::unexpected(server.error());
  return Protocol41Facts{.login = facts.login,
                         .server_outer = *server,
                         .client_outer = tunnel->remote.ipv4(),
                         .server_inner = tunnel->server_inner,
                         .client_inner = tunnel->client_inner,
                         .delegated = tunnel->delegated,
                         .mtu = tunnel->mtu,
                         .keepalive_seconds = tunnel->keepalive_seconds};
}

const Target& target_of(TargetSystem system) {
  return *std::ranges::find(kTargets, system, &Target::system);
}

// As the operator calls it, or else where the live tunnel's client found it.
std::expected<client::ServerName, ClientConfigRefusal> server_of(const ClientFacts& facts) {
  if (facts.server) return *facts.server;
  const auto refuse = [](const char* why) { return std::unexpected(ClientConfigRefusal{Lack::Value, why}); };
  if (!facts.tunnel) {
    return refuse("the account has no live tunnel that would show where clients find the broker; use --server NAME");
  }
  const Endpoint& local = facts.tunnel->local;
  const auto port = local.port != 0 ? std::optional(local.port) : facts.tunnel->signalling_port;
  if (!port) {
    return refuse("the account's live tunnel has no port that would show where TSP is spoken; use --server NAME:PORT");
  }
  return client::ServerName{local.is_ipv4() ? to_text(local.ipv4()) : to_text(local.address), *port};
}

std::expected<TspFacts, ClientConfigRefusal> facts_of_tsp_client(const ClientFacts& facts) {
  const auto& tunnel = facts.tunnel;
  auto server = server_of(facts);
  if (!server) return std::unexpected(std::move(server.error()));
  TspFacts out{.login = facts.login, .server = std::move(*server)};
  const auto prefix = tunnel ? tunnel->delegated : facts.held_prefix;
  if (prefix) out.prefix_length = written_length(*prefix);
  if (tunnel) {
    out.type = tunnel->type;
    out.keepalive_seconds = tunnel->keepalive_seconds;
  }
  return out;
}

}  // namespace

std::vector<std::string> target_system_names() {
  std::vector<std::string> names;
  for (const Target& target : kTargets) names.emplace_back(target.name);
  return names;
}

std::optional<TargetSystem> parse_target_system(std::string_view name) {
  const auto* target = std::ranges::find(kTargets, name, &Target::name);
  return target == kTargets.end() ? std::nullopt : std::optional(target->system);
}

std::expected<std::string, ClientConfigRefusal> client_config(TargetSystem system, const ClientFacts& facts) {
  const Target& target = target_of(system);
  if (target.router != nullptr) {
    const auto reduced = facts_of_router(target.name, facts);
    if (!reduced) return std::unexpected(reduced.error());
    return target.router(*reduced);
  }
  const auto reduced = facts_of_tsp_client(facts);
  if (!reduced) return std::unexpected(reduced.error());
  auto text = target.tsp(*reduced);
  if (!text) return std::unexpected(ClientConfigRefusal{Lack::Value, std::move(text.error())});
  return std::move(*text);
}

}  // namespace tsp::linux_
