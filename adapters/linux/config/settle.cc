// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/settle.h"

#include <algorithm>
#include <expected>
#include <optional>

#include "adapters/linux/config/api_keys.h"
#include "adapters/linux/config/dns_keys.h"
#include "adapters/linux/config/host_addresses.h"
#include "adapters/linux/config/redirect_keys.h"
#include "adapters/linux/config/store_keys.h"
#include "core/pool/layout.h"

namespace tsp::linux_ {
namespace {

using Faults = std::vector<ConfigFault>;

constexpr std::uint8_t kHostPrefixLength = 64;

// The second address of a range; the first is the subnet-router anycast address.
IPv6Address second_address(const IPv6Prefix& range) {
  IPv6Address address = range.base;
  address.octets.back() |= 1;
  return address;
}

// What the prefix alone gives. A prefix too long to be divided gives the hosts that the file names.
std::expected<PoolLayout, std::string> base_layout(const PoolSettings& pool) {
  if (pool.prefix->length > kHostPrefixLength && pool.hosts) {
    return PoolLayout{*pool.prefix, second_address(*pool.hosts), *pool.hosts, std::nullopt, {}};
  }
  return pool::derive_layout(*pool.prefix);
}

void settle_layout(DaemonConfig& config, Faults& faults) {
  const PoolSettings& pool = config.pool;
  if (!pool.prefix) {
    faults.push_back({"prefix", "must be set: the IPv6 prefix that is routed to this host, such as \"2001:db8::/48\""});
    return;
  }
  auto layout = base_layout(pool);
  if (!layout) {
    faults.push_back({"prefix", layout.error()});
    return;
  }
  if (pool.hosts) {
    layout->hosts = *pool.hosts;
    layout->server_address = second_address(*pool.hosts);
  }
  layout->server_address = pool.server_address.value_or(layout->server_address);
  if (pool.anonymous) layout->anonymous = pool.anonymous;
  layout->delegations = pool.delegations.value_or(layout->delegations);
  if (const auto fault = pool::find_layout_fault(*layout)) faults.push_back({"pool", *fault});
  config.broker.pool = std::move(*layout);
}

void settle_ipv4_pool(DaemonConfig& config, Faults& faults) {
  const PoolSettings& pool = config.pool;
  config.broker.ipv4_pool.reset();
  if (!pool.ipv4_prefix) return;
  auto layout = pool::derive_ipv4_layout(*pool.ipv4_prefix);
  if (!layout) {
    faults.push_back({"pool.ipv4_prefix", layout.error()});
    return;
  }
  config.broker.ipv4_pool = std::move(*layout);
  PrefixLimits limits = pool::default_ipv4_prefix_limits(*pool.ipv4_prefix);
  limits.shortest = pool.ipv4_prefix_length_shortest.value_or(limits.shortest);
  limits.longest = pool.ipv4_prefix_length_longest.value_or(limits.longest);
  if (limits.shortest > limits.longest) {
    faults.push_back({"pool", "ipv4_prefix_length_longest (/" + std::to_string(limits.longest) +
                                  ") is shorter than ipv4_prefix_length_shortest (/" + std::to_string(limits.shortest) +
                                  ")"});
  }
  config.broker.ipv4_prefix_limits = limits;
}

void settle_prefix_limits(DaemonConfig& config, Faults& faults) {
  const PoolSettings& pool = config.pool;
  if (!pool.prefix) return;
  PrefixLimits limits{kHostPrefixLength, kHostPrefixLength};
  if (pool.prefix->length <= kHostPrefixLength) limits = pool::default_prefix_limits(*pool.prefix);
  limits.shortest = pool.prefix_length_shortest.value_or(limits.shortest);
  limits.longest = pool.prefix_length_longest.value_or(limits.longest);
  if (limits.shortest > limits.longest) {
    faults.push_back({pool.prefix_length_longest ? "pool.prefix_length_longest" : "pool.prefix_length_shortest",
                      "the longest prefix (/" + std::to_string(limits.longest) + ") is shorter than the shortest (/" +
                          std::to_string(limits.shortest) + ")"});
  }
  config.broker.prefix_limits = limits;
}

void settle_keepalive(DaemonConfig& config, Faults& faults) {
  BrokerConfig& broker = config.broker;
  const std::uint32_t min = broker.keepalive_seconds_min;
  const std::uint32_t max = broker.keepalive_seconds_max;
  if (min > max) {
    faults.push_back(
        {"tunnel.keepalive_seconds_min", "is greater than tunnel.keepalive_seconds_max (" + std::to_string(max) + ")"});
    return;
  }
  const auto given = config.keepalive_seconds_default;
  broker.keepalive_seconds_default = given.value_or(std::clamp(broker.keepalive_seconds_default, min, max));
  if (given && *given != 0 && (*given < min || *given > max)) {
    faults.push_back(
        {"tunnel.keepalive_seconds_default", "expected 0 or a number between tunnel.keepalive_seconds_min (" +
                                                 std::to_string(min) + ") and tunnel.keepalive_seconds_max (" +
                                                 std::to_string(max) + "), found " + std::to_string(*given)});
  }
}

void check_auth(const BrokerConfig& broker, Faults& faults) {
  if (broker.auth_anonymous && !broker.pool.anonymous) {
    faults.push_back({"auth.anonymous", "anonymous clients need addresses: pool.anonymous must be set"});
  }
  if (!broker.auth_anonymous && !broker.auth_plain && !broker.auth_digest_md5) {
    faults.push_back({"auth", "expected at least one of anonymous, plain, digest_md5 to be true"});
  }
}

void check_listen(const std::vector<Endpoint>& listen, Faults& faults) {
  for (auto a = listen.begin(); a != listen.end(); ++a) {
    const auto same_port = [a](const Endpoint& b) {
      const bool one_family = a->is_ipv4() == b.is_ipv4();
      return one_family && a->port == b.port && (*a == b || is_any(a->address) || is_any(b.address));
    };
    if (std::any_of(listen.begin(), a, same_port)) {
      faults.push_back({"server.listen", to_text(*a) + " is already covered by another address of the list"});
    }
  }
}

// Over IPv6 nothing but v4v6 is possible, and v4v6 over nothing else.
void check_types(const DaemonConfig& config, Faults& faults) {
  const bool served = config.broker.serves(TunnelType::V4V6);
  const bool over_ipv4 = std::ranges::any_of(config.listen, &Endpoint::is_ipv4);
  if (!over_ipv4 && (config.broker.serves(TunnelType::V6V4) || config.broker.serves(TunnelType::V6UdpV4))) {
    faults.push_back(
        {"tunnel.types", "v6v4 and v6udpv4 need an IPv4 address in server.listen, such as \"0.0.0.0:3653\""});
  }
  const bool over_ipv6 = std::ranges::any_of(config.listen, [](const Endpoint& local) { return !local.is_ipv4(); });
  if (served && !config.broker.ipv4_pool) {
    faults.push_back({"tunnel.types", "v4v6 needs IPv4 addresses to give out: pool.ipv4_prefix must be set"});
  }
  if (served && !over_ipv6) {
    faults.push_back({"tunnel.types", "v4v6 needs an IPv6 address in server.listen, such as \"[::]:3653\""});
  }
  if (served && config.datapath.type == DatapathType::Utun) {
    faults.push_back({"datapath.type",
                      "utun has no v4v6 tunnels, which tunnel.types names; leave v4v6 out of it, or "
                      "set \"tun\""});
  }
  if (!served && over_ipv6 && over_ipv4) {
    faults.push_back({"server.listen", "over IPv6 only v4v6 tunnels can be made, which is not among tunnel.types"});
  }
}

// Whether clients are served at this address of the host.
bool is_served(const std::vector<Endpoint>& listen, const IPv4Address& address) {
  return std::ranges::any_of(
      listen, [&](const Endpoint& one) { return one.is_ipv4() && (one.ipv4() == address || is_any(one.address)); });
}

std::optional<IPv4Address> first_ipv4_address(const DaemonConfig& config) {
  const auto first = std::ranges::find_if(config.listen, &Endpoint::is_ipv4);
  if (first == config.listen.end()) return std::nullopt;
  if (!is_any(first->address)) return first->ipv4();
  const auto own = most_public(config.broker.own_addresses, true, config.broker.pool.prefix);
  return own ? std::optional(unmap(*own)) : std::nullopt;
}

void settle_update(DaemonConfig& config, Faults& faults) {
  const UpdateSettings& update = config.update;
  if (update.listen.empty()) return;
  if (update.certificate.empty() != update.private_key.empty()) {
    faults.push_back({"update", "expected both or none of certificate and private_key"});
  }
  if (!config.broker.serves(TunnelType::V6V4)) {
    faults.push_back({"update.listen", "such tunnels are v6v4, which is not among tunnel.types"});
  }
  const auto address = update.tunnel_address ? update.tunnel_address : first_ipv4_address(config);
  if (!address) {
    faults.push_back({"update.tunnel_address", "must be set: the host has no address that it could follow from"});
  } else if (!is_served(config.listen, *address)) {
    faults.push_back({"update.tunnel_address", to_text(*address) + " is not served: see server.listen"});
  }
  config.broker.update_tunnel_address = address;
}

void check_mtu(const DaemonConfig& config, Faults& faults) {
  const auto check = [&](const char* key, std::uint16_t mtu) {
    if (mtu <= config.datapath.device_mtu) return;
    faults.push_back({key, "is greater than datapath.device_mtu (" + std::to_string(config.datapath.device_mtu) + ")"});
  };
  check("tunnel.mtu", config.broker.tunnel_mtu);
  check("tunnel.mtu_anonymous", config.broker.tunnel_mtu_anonymous.value_or(0));
  check("tunnel.mtu_ipv4", config.broker.tunnel_mtu_ipv4.value_or(0));
}

// Other brokers' pools lie outside of this broker's: what is inside could be given out twice.
void check_other_pools(const BrokerConfig& broker, Faults& faults) {
  const auto& others = broker.other_pools;
  for (std::size_t i = 0; i < others.size(); ++i) {
    const IPv6Prefix& other = others[i];
    if (is_repeated(others, i)) {
      faults.push_back({"pool.other_pools", to_text(other) + " is in the list twice"});
    }
    const bool overlaps =
        other.overlaps(broker.pool.prefix) || (broker.ipv4_pool && other.overlaps(broker.ipv4_pool->prefix));
    if (overlaps) faults.push_back({"pool.other_pools", to_text(other) + " overlaps this broker's own"});
  }
}

}  // namespace

std::vector<ConfigFault> settle(DaemonConfig& config, const std::vector<IPv6Address>& host_addresses) {
  Faults faults;
  settle_layout(config, faults);
  settle_prefix_limits(config, faults);
  settle_ipv4_pool(config, faults);
  // What follows from a missing division is no mistake of its own.
  if (!faults.empty()) return faults;
  settle_keepalive(config, faults);
  check_auth(config.broker, faults);
  check_listen(config.listen, faults);
  check_types(config, faults);
  check_mtu(config, faults);
  check_other_pools(config.broker, faults);
  settle_store(config, faults);
  config.broker.tunnel_mtu_max = config.datapath.device_mtu;
  settle_dns(config, faults);
  config.broker.own_addresses = config.own_addresses.value_or(host_addresses);
  settle_announcement(config, faults);
  settle_redirect(config, faults);
  settle_update(config, faults);
  settle_api(config, faults);
  return faults;
}

}  // namespace tsp::linux_
