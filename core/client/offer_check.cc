// SPDX-License-Identifier: Apache-2.0
#include "core/client/offer_check.h"

#include "core/client/inner.h"
#include "core/dataplane/address_scope.h"
#include "core/wire/message.h"

namespace tsp::client {
namespace {

bool answers(TunnelType offered, RequestedType requested) {
  switch (requested) {
    case RequestedType::V6V4:
      return offered == TunnelType::V6V4;
    case RequestedType::V6UdpV4:
      return offered == TunnelType::V6UdpV4;
    case RequestedType::V6AnyV4:
      return offered == TunnelType::V6V4 || offered == TunnelType::V6UdpV4;
    case RequestedType::V4V6:
      return offered == TunnelType::V4V6;
  }
  return false;
}

// Where packets of protocol 41 or 4 may be sent to. 0.0.0.0/8, multicast and reserved addresses have no host behind
// them; IPv4 loopback may be right: a server tried out on its own machine.
bool may_be_a_host(const IPv6Address& address) {
  if (!is_mapped(address)) return dataplane::scope_of(address, {}) == dataplane::AddressScope::Routable;
  const IPv4Address ipv4 = unmap(address);
  return ipv4.octets[0] != 0 && ipv4.octets[0] < 224;
}

std::optional<std::string> wrong_addresses(const Offer& offer) {
  const auto usable = [&](const IPv6Address& address) { return usable_inner_address(offer.type, address); };
  if (!usable(offer.client_inner)) return "client address " + to_unmapped_text(offer.client_inner);
  if (!usable(offer.server_inner)) return "server address " + to_unmapped_text(offer.server_inner);
  if (offer.client_inner == offer.server_inner) return "client and server have one address";
  if (offer.type != TunnelType::V6UdpV4 && !may_be_a_host(offer.server_outer)) {
    return "tunnel endpoint " + to_unmapped_text(offer.server_outer);
  }
  if (offer.keepalive_seconds > 0 && !usable(offer.keepalive_address)) {
    return "keepalive address " + to_unmapped_text(offer.keepalive_address);
  }
  return std::nullopt;
}

// Some brokers take both ends of the tunnel from a client's prefix. What is larger than a site's is a broker's own.
bool is_whole_lease(const IPv6Prefix& prefix, const Offer& offer) {
  constexpr unsigned kSiteLength = 48;
  return !is_mapped(prefix) && prefix.length >= kSiteLength && prefix.contains(offer.client_inner);
}

std::optional<std::string> wrong_prefix(const Offer& offer, RequestedType type) {
  if (!offer.delegated) return "no prefix, though one was asked for";
  const IPv6Prefix& prefix = *offer.delegated;
  const PrefixLengths lengths = prefix_lengths(type);
  const unsigned length = written_length(prefix);
  if (length < lengths.min || length > lengths.max || !usable_inner_address(offer.type, prefix.base)) {
    return "prefix " + to_text(prefix);
  }
  if (prefix.contains(offer.server_inner) && !is_whole_lease(prefix, offer)) return "server address inside the prefix";
  return std::nullopt;
}

}  // namespace

std::expected<Offer, std::string> check_offer(Offer offer, const ClientConfig& config, Transport transport) {
  if (!answers(offer.type, config.type)) {
    return std::unexpected("tunnel type " + std::string(wire::type_name(offer.type)));
  }
  if (offer.type == TunnelType::V6UdpV4 && transport == Transport::Tcp) {
    return std::unexpected("tunnel type v6udpv4 over TCP");
  }
  if (auto wrong = wrong_addresses(offer)) return std::unexpected(std::move(*wrong));
  if (!config.router_prefix_length) {
    offer.delegated.reset();
  } else if (auto wrong = wrong_prefix(offer, config.type)) {
    return std::unexpected(std::move(*wrong));
  }
  return offer;
}

}  // namespace tsp::client
