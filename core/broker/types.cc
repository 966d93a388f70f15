// SPDX-License-Identifier: Apache-2.0
//
// Which type of tunnel a `create` gets, and from where to where its packets travel (RFC 5572 sections 3.1 and 4.4.1;
// NAT is seen by comparing the address that the client claims with the one it is seen to have).
#include <algorithm>

#include "core/broker/impl.h"
#include "core/dataplane/address_scope.h"

namespace tsp {
namespace {

using wire::Status;

}  // namespace

std::expected<TunnelType, Broker::Impl::Fault> Broker::Impl::choose_type(const Session& session,
                                                                         const wire::CreateRequest& request) const {
  const auto unsupported = [](std::string why) {
    return std::unexpected(Fault{Status::UnsupportedTunnelType, std::move(why)});
  };
  if (!request.type) return unsupported("no type that is known");
  const bool over_ipv4 = session.path.remote.is_ipv4();
  if (over_ipv4 && request.type == RequestedType::V4V6) return unsupported("v4v6, asked for over IPv4");
  if (!over_ipv4 && request.type != RequestedType::V4V6) return unsupported("asked for over IPv6");
  if (request.proxy) return choose_for_proxy(session, request);
  switch (*request.type) {
    case RequestedType::V6UdpV4:
      if (session.transport == session::Transport::Stream) return unsupported("v6udpv4, asked for over TCP");
      if (!config_->serves(TunnelType::V6UdpV4)) return unsupported("v6udpv4 is not among tunnel.types");
      return TunnelType::V6UdpV4;
    case RequestedType::V6V4:
      return choose_protocol_41(session, request);
    case RequestedType::V6AnyV4:
      return choose_any(session, request);
    case RequestedType::V4V6:
      return choose_over_ipv6(session);
  }
  std::unreachable();
}

// Another machine's address: anybody could aim a tunnel at it. So it takes an account, and nothing is sent there
// before a valid packet has come from there.
std::expected<TunnelType, Broker::Impl::Fault> Broker::Impl::choose_for_proxy(
    const Session& session, const wire::CreateRequest& request) const {
  const auto unsupported = [](std::string why) {
    return std::unexpected(Fault{Status::UnsupportedTunnelType, std::move(why)});
  };
  if (!config_->allow_proxy) return unsupported("asked for by a proxy; tunnel.allow_proxy is false");
  if (session.dialogue.account() == nullptr) return unsupported("asked for by an anonymous proxy");
  const bool direct = request.type == RequestedType::V6V4 || request.type == RequestedType::V6AnyV4;
  if (!direct || !config_->serves(TunnelType::V6V4)) return unsupported("a proxy can ask for v6v4 only");
  if (!request.client_ipv4) return std::unexpected(Fault{Status::InvalidIPv4Address, "a proxy has to name an address"});
  const IPv6Address outer = map_ipv4(*request.client_ipv4);
  if (is_own_address(outer)) {
    return std::unexpected(Fault{Status::InvalidIPv4Address, "the address is one of server.own_addresses"});
  }
  if (auto why = outer_fault(outer)) return std::unexpected(Fault{Status::InvalidIPv4Address, std::move(*why)});
  return TunnelType::V6V4;
}

// Protocol 41 where there is no NAT and nothing else against it; else UDP, which goes wherever the request came from.
std::expected<TunnelType, Broker::Impl::Fault> Broker::Impl::choose_any(const Session& session,
                                                                        const wire::CreateRequest& request) const {
  const bool udp_possible = session.transport == session::Transport::Datagram && config_->serves(TunnelType::V6UdpV4);
  if (udp_possible && config_->prefer_udp) return TunnelType::V6UdpV4;
  const auto direct = choose_protocol_41(session, request);
  return udp_possible && !direct ? TunnelType::V6UdpV4 : direct;
}

std::expected<TunnelType, Broker::Impl::Fault> Broker::Impl::choose_protocol_41(
    const Session& session, const wire::CreateRequest& request) const {
  if (!config_->serves(TunnelType::V6V4))
    return std::unexpected(Fault{Status::UnsupportedTunnelType, "v6v4 is not among tunnel.types"});
  const IPv4Address seen = session.path.remote.ipv4();
  if (request.client_ipv4 && *request.client_ipv4 != seen) {
    return std::unexpected(
        Fault{Status::UnsupportedTunnelType,
              "v6v4, and the client is behind a NAT: it takes itself for " + to_text(*request.client_ipv4)});
  }
  if (auto why = outer_fault(map_ipv4(seen)))
    return std::unexpected(Fault{Status::InvalidIPv4Address, std::move(*why)});
  return TunnelType::V6V4;
}

// What the client takes for its address does not matter: there is no NAT to be found, and packets go to where the
// request came from.
std::expected<TunnelType, Broker::Impl::Fault> Broker::Impl::choose_over_ipv6(const Session& session) const {
  if (!config_->serves(TunnelType::V4V6))
    return std::unexpected(Fault{Status::UnsupportedTunnelType, "v4v6 is not among tunnel.types"});
  if (auto why = outer_fault(session.path.remote.address))
    return std::unexpected(Fault{Status::InvalidIPv6Address, std::move(*why)});
  return TunnelType::V4V6;
}

// Why no tunnel without ports is made to this address.
std::optional<std::string> Broker::Impl::outer_fault(const IPv6Address& outer) const {
  if (!is_mapped(outer)) {
    const auto holds = [&](const IPv6Prefix& prefix) { return prefix.contains(outer); };
    if (holds(config_->pool.prefix) || std::ranges::any_of(config_->other_pools, holds))
      return "v4v6 to an address inside of the brokers' own tunnels";
    if (dataplane::scope_of(outer, {}) == dataplane::AddressScope::Routable) return std::nullopt;
    return "v4v6 to an address that cannot be routed";
  }
  const IPv4Address address = unmap(outer);
  if (dataplane::is_global(address)) return std::nullopt;
  if (config_->allow_private_outer_addresses && dataplane::is_unicast(address)) return std::nullopt;
  return "v6v4 to a private or reserved address; server.allow_private_outer_addresses is false";
}

bool Broker::Impl::is_own_address(const IPv6Address& outer) const {
  return std::ranges::find(config_->own_addresses, outer) != config_->own_addresses.end();
}

// A protocol without ports: one tunnel for each pair of addresses.
FourTuple Broker::Impl::outer_path(TunnelType type, FourTuple signalling, const wire::CreateRequest& request) {
  switch (type) {
    case TunnelType::V6UdpV4:
      return signalling;
    case TunnelType::V6V4:
      if (request.proxy) signalling.remote.address = map_ipv4(*request.client_ipv4);
      [[fallthrough]];
    case TunnelType::V4V6:
      return without_ports(signalling);
  }
  std::unreachable();
}

// Without ports, whoever has the address has the path: somebody else's tunnel stays until it is idle. An anonymous one
// is nobody's, and one that was never confirmed may have been aimed at the address from elsewhere: both give way to an
// account that has proved to be there.
bool Broker::Impl::is_taken(const TunnelRecord& wanted, bool proved) {
  if (wanted.type == TunnelType::V6UdpV4) return false;  // see ask_before_taking_over
  const Tunnel* there = tunnels_.by_path(wanted.path);
  if (there == nullptr || there->record.account == wanted.account) return false;
  return (there->record.account != kAnonymous && there->record.confirmed) || !proved;
}

// Whether the client has shown that it receives at the outer address of its tunnel. A connection shows it as well as
// a nonce does; but the ports of a tunnel in UDP are not a connection's.
bool Broker::Impl::endpoint_proved(const Session& session, const wire::CreateRequest& request) {
  if (request.proxy) return false;
  return session.transport == session::Transport::Stream || session.dialogue.endpoint_proved();
}

}  // namespace tsp
