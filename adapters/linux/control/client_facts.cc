// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/client_facts.h"

#include <string>
#include <variant>

namespace tsp::linux_ {
namespace {

// An account holds one; none: it never asked for any.
std::optional<IPv6Prefix> held_prefix(const AccountRecord& account) {
  for (const Claim& claim : account.prefixes) {
    if (claim.state == ClaimState::Held) return claim.prefix;
  }
  return std::nullopt;
}

LiveTunnelFacts tunnel_facts(const TunnelRecord& tunnel) {
  return {.type = tunnel.type,
          .remote = tunnel.path.remote,
          .local = tunnel.path.local,
          .client_inner = tunnel.inner,
          .server_inner = tunnel.server_address,
          .delegated = tunnel.delegated,
          .mtu = tunnel.mtu,
          .keepalive_seconds = tunnel.keepalive_seconds};
}

// How likely it is that a tunnel at `local` is of a client that has called the broker there; 0: it is not possible.
int likelihood(const BrokerAddress& place, const IPv6Address& local) {
  if (std::holds_alternative<std::string>(place.host)) return 1;
  const auto* ipv4 = std::get_if<IPv4Address>(&place.host);
  const IPv6Address address = ipv4 != nullptr ? map_ipv4(*ipv4) : std::get<IPv6Address>(place.host);
  if (is_mapped(address) != is_mapped(local)) return 0;
  if (address == local) return 4;
  return is_any(address) ? 3 : 2;
}

}  // namespace

ClientFacts client_facts(const AccountRecord& account, const std::optional<TunnelRecord>& tunnel) {
  ClientFacts facts{.login = account.account.login, .held_prefix = held_prefix(account)};
  if (tunnel) facts.tunnel = tunnel_facts(*tunnel);
  return facts;
}

std::optional<std::uint16_t> signalling_port(const std::vector<BrokerAddress>& places, const IPv6Address& local) {
  std::optional<std::uint16_t> port;
  int best = 0;
  for (const BrokerAddress& place : places) {
    const int likely = likelihood(place, local);
    if (likely <= best) continue;
    best = likely;
    port = place.port;
  }
  return port;
}

}  // namespace tsp::linux_
