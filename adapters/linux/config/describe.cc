// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/describe.h"

#include <algorithm>
#include <chrono>

#include "adapters/linux/config/dns_keys.h"
#include "adapters/linux/config/store_keys.h"
#include "core/dataplane/address_scope.h"
#include "core/pool/layout.h"

namespace tsp::linux_ {
namespace {

constexpr IPv6Prefix kDocumentation{{{0x20, 0x01, 0x0d, 0xb8}}, 32};
constexpr IPv6Prefix kUniqueLocal{{{0xfc}}, 7};

std::string mechanisms(const BrokerConfig& broker) {
  std::vector<std::string> out;
  if (broker.auth_digest_md5) out.emplace_back("DIGEST-MD5");
  if (broker.auth_plain) out.emplace_back("PLAIN");
  if (broker.auth_anonymous) out.emplace_back("ANONYMOUS");
  return comma_separated(out);
}

// What follows from the host's addresses is right only if clients see those.
std::vector<std::string> guessed_address_warnings(const DaemonConfig& config) {
  constexpr const char* kWhy = ", which the Internet does not route";
  const BrokerConfig& broker = config.broker;
  std::vector<std::string> out;
  const bool guessed = broker.takeover_check_interval > Duration{} && !config.announcement.addresses;
  const auto announced =
      guessed ? broker.announcement.value_or(Announcement()).addresses : std::vector<BrokerAddress>();
  if (guessed && announced.empty()) {
    out.emplace_back(
        "server.public_addresses: is not set, and no address of the host is known that the other brokers could send "
        "clients to");
  }
  for (const BrokerAddress& address : announced) {
    const auto* ipv4 = std::get_if<IPv4Address>(&address.host);
    const auto* ipv6 = std::get_if<IPv6Address>(&address.host);
    if (ipv4 != nullptr ? dataplane::is_global(*ipv4) : ipv6 == nullptr || dataplane::is_global(*ipv6)) continue;
    out.push_back("server.public_addresses: is not set, and the other brokers send clients to " + to_text(address) +
                  kWhy + ": name the address or the name by which clients reach this broker");
  }
  const auto& end = broker.update_tunnel_address;
  if (end && !config.update.tunnel_address && !dataplane::is_global(*end)) {
    out.push_back("update.tunnel_address: is not set, and routers' tunnels end at " + to_text(*end) + kWhy +
                  ": name the address of this host at which their packets arrive");
  }
  return out;
}

}  // namespace

std::vector<std::string> describe_pools(const BrokerConfig& config) {
  std::vector<std::string> lines = pool::describe_layout(config.pool, config.prefix_limits);
  if (!config.ipv4_pool) return lines;
  for (const std::string& line : pool::describe_layout(*config.ipv4_pool, config.ipv4_prefix_limits)) {
    lines.push_back("IPv4 " + line);
  }
  return lines;
}

std::string comma_separated(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::vector<std::string> describe_config(const DaemonConfig& config) {
  std::vector<std::string> listen;
  for (const Endpoint& endpoint : config.listen) listen.push_back(to_text(endpoint));
  std::vector<std::string> lines = {"serves on " + comma_separated(listen) + " (UDP and TCP), log-in by " +
                                    mechanisms(config.broker)};
  for (std::string& line : describe_pools(config.broker)) lines.push_back(std::move(line));
  return lines;
}

std::vector<std::string> config_warnings(const DaemonConfig& config) {
  const BrokerConfig& broker = config.broker;
  std::vector<std::string> out;
  const auto warn_if = [&out](bool condition, std::string text) {
    if (condition) out.push_back(std::move(text));
  };
  const std::string prefix = to_text(broker.pool.prefix);
  warn_if(kDocumentation.contains(broker.pool.prefix),
          "prefix: " + prefix + " is for documentation: nobody in the Internet can reach it");
  warn_if(kUniqueLocal.contains(broker.pool.prefix),
          "prefix: " + prefix + " is a unique local prefix: nobody outside of your own networks can reach it");
  warn_if(broker.ipv4_pool && !broker.serves(TunnelType::V4V6),
          "pool.ipv4_prefix: is not used, because v4v6 is not among tunnel.types");
  const auto& own = broker.own_addresses;
  const auto& end = broker.update_tunnel_address;
  warn_if(end && !own.empty() && std::ranges::find(own, map_ipv4(*end)) == own.end(),
          "update.tunnel_address: " + (end ? to_text(*end) : "") + " is not an address of this host");
  for (std::string& line : guessed_address_warnings(config)) out.push_back(std::move(line));
  for (std::string& line : store_warnings(config)) out.push_back(std::move(line));
  for (std::string& line : dns_warnings(config)) out.push_back(std::move(line));
  warn_if(broker.auth_plain, "auth.plain: passwords cross the network readably");
  const auto is_remote = [](const Endpoint& endpoint) { return endpoint.ipv4().octets[0] != 127; };
  warn_if(config.update.certificate.empty() && std::ranges::any_of(config.update.listen, is_remote),
          "update.listen: without update.certificate the keys cross the network readably");
  const auto is_everywhere = [](const Endpoint& endpoint) { return is_any(endpoint.address); };
  warn_if(std::ranges::any_of(config.metrics.listen, is_everywhere),
          "metrics.listen: everybody who can reach this host can read what it counts");
  warn_if(broker.keepalive_seconds_max > 30 || broker.keepalive_seconds_default == 0,
          "tunnel.keepalive_seconds_…: many NATs forget a UDP mapping after 30 s, and then nothing reaches the client");
  warn_if(
      broker.session_retention < std::chrono::seconds(66),
      "times.session_retention_seconds: clients retransmit for up to 66 s; late ones start again from the beginning");
  return out;
}

}  // namespace tsp::linux_
