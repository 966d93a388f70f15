// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "core/base/decimal.h"
#include "core/wire/dns_name.h"
#include "core/wire/reply_xml.h"
#include "core/wire/text.h"
#include "core/wire/xml.h"

namespace tsp::wire {

namespace {

constexpr std::size_t kNameServersMax = 8;
const IPv6Address kLoopback = map_ipv4({{127, 0, 0, 1}});

std::optional<std::string> find_address(const pugi::xml_node& parent, std::string_view type) {
  for (const pugi::xml_node& address : parent.children("address")) {
    if (equal_ignoring_case(address.attribute("type").value(), type)) return text_of(address);
  }
  return std::nullopt;
}

// No server means IPv4 when it writes IPv6.
std::optional<IPv6Address> parse_unmapped(const std::string& text) {
  const auto address = parse_ipv6(text);
  return address && !is_mapped(*address) ? address : std::nullopt;
}

std::optional<IPv6Address> find_ipv4(const pugi::xml_node& parent) {
  const auto text = find_address(parent, "ipv4");
  return text ? parse_mapped_ipv4(*text) : std::nullopt;
}

std::optional<IPv6Address> find_ipv6(const pugi::xml_node& parent) {
  const auto text = find_address(parent, "ipv6");
  return text ? parse_unmapped(*text) : std::nullopt;
}

// What is inside of the tunnel.
std::optional<IPv6Address> find_inner(const Offer& offer, const pugi::xml_node& parent) {
  return carries_ipv4(offer.type) ? find_ipv4(parent) : find_ipv6(parent);
}

std::optional<IPv6Address> find_outer(const Offer& offer, const pugi::xml_node& parent) {
  return carries_ipv4(offer.type) ? find_ipv6(parent) : find_ipv4(parent);
}

// Not 0.0.0.0/8, multicast or class E. Loopback may be right: a server tried out on its own machine.
bool is_usable(const IPv4Address& address) {
  return address.octets[0] != 0 && address.octets[0] < 224;
}

// Could be a host's address of more than link scope. 0000::/8 holds the unspecified and loopback ones.
bool is_usable(const IPv6Address& address) {
  if (is_mapped(address)) return is_usable(unmap(address));
  const bool link_local = address.octets[0] == 0xFE && (address.octets[1] & 0xC0) == 0x80;
  return address.octets[0] != 0 && address.octets[0] != 0xFF && !link_local;
}

bool read_endpoints(const pugi::xml_node& tunnel, Offer& offer) {
  const auto server_outer = find_outer(offer, tunnel.child("server"));
  const auto server_inner = find_inner(offer, tunnel.child("server"));
  const auto client_outer = find_outer(offer, tunnel.child("client"));
  const auto client_inner = find_inner(offer, tunnel.child("client"));
  if (!server_outer || !server_inner || !client_outer || !client_inner) return false;
  if (!is_usable(*server_outer) || !is_usable(*server_inner) || !is_usable(*client_inner)) return false;
  offer.server_outer = *server_outer;
  offer.server_inner = *server_inner;
  offer.client_outer = *client_outer;
  offer.client_inner = *client_inner;
  return true;
}

// A prefix without text is the request's, repeated: nothing is offered. Bits beyond the length are cleared: one
// server puts its own address there.
bool read_delegation(const pugi::xml_node& client, Offer& offer) {
  const pugi::xml_node prefix = client.child("router").child("prefix");
  const std::string text = text_of(prefix);
  if (text.empty()) return true;
  const bool ipv4 = carries_ipv4(offer.type);
  const auto address = ipv4 ? parse_mapped_ipv4(text) : parse_unmapped(text);
  const auto length = parse_decimal(prefix.attribute("length").value(), ipv4 ? 32 : 128);
  if (!address || !length) return false;
  offer.delegated = make_prefix(*address, ipv4 ? kMappedLength + *length : *length);
  return is_usable(offer.delegated->base);
}

bool read_keepalive(const pugi::xml_node& client, Offer& offer) {
  const pugi::xml_node keepalive = client.child("keepalive");
  const auto interval = parse_decimal(keepalive.attribute("interval").as_string("0"), kKeepaliveSecondsMax);
  if (!interval) return false;
  if (*interval == 0) return true;
  offer.keepalive_seconds = *interval;
  offer.keepalive_address = find_inner(offer, keepalive).value_or(IPv6Address{});
  // Not given, or the request's "::" or 127.0.0.1 repeated.
  if (offer.keepalive_address == IPv6Address{} || offer.keepalive_address == kLoopback) {
    offer.keepalive_address = offer.server_inner;
  }
  return is_usable(offer.keepalive_address);
}

// What is no name, or too much, is left out: a client can do nothing but show them.
void read_name_servers(const pugi::xml_node& client, Offer& offer) {
  for (const pugi::xml_node& address : client.child("router").child("dns_server").children("address")) {
    std::string name = text_of(address);
    if (!equal_ignoring_case(address.attribute("type").value(), "dn") || !valid_dns_name(name)) continue;
    if (offer.name_servers.size() < kNameServersMax) offer.name_servers.push_back(std::move(name));
  }
}

void read_extras(const pugi::xml_node& tunnel, Offer& offer) {
  const pugi::xml_node client = tunnel.child("client");
  offer.dns_server = find_ipv6(client.child("dns_server"));
  offer.client_name = find_address(client, "dn");
  if (offer.client_name && !valid_dns_name(*offer.client_name)) offer.client_name.reset();
  offer.lifetime_minutes = parse_decimal(tunnel.attribute("lifetime").value(), UINT32_MAX).value_or(0);
}

}  // namespace

std::optional<Offer> read_offer(const pugi::xml_node& tunnel) {
  const auto type = parse_tunnel_type(tunnel.attribute("type").value());
  if (!type) return std::nullopt;
  Offer offer;
  offer.type = *type;
  const pugi::xml_node client = tunnel.child("client");
  if (!read_endpoints(tunnel, offer) || !read_delegation(client, offer) || !read_keepalive(client, offer)) {
    return std::nullopt;
  }
  if (offer.delegated) read_name_servers(client, offer);
  read_extras(tunnel, offer);
  return offer;
}

}  // namespace tsp::wire
