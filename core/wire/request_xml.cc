// SPDX-License-Identifier: Apache-2.0
//
// What a client's XML asks for. The DTD of RFC 5572 contradicts its text and the clients, so it is not followed.
#include "core/base/decimal.h"
#include "core/wire/dns_name.h"
#include "core/wire/message.h"
#include "core/wire/text.h"
#include "core/wire/xml.h"

namespace tsp::wire {

namespace {

constexpr XmlLimits kRequestLimits{.size_max = kMessageSizeMax, .elements_max = 64, .declaration_allowed = false};
constexpr std::size_t kDnsServersMax = 8;

// The one child of this name, a null node if there is none; false if there are several.
bool find_single(const pugi::xml_node& parent, const char* name, pugi::xml_node& found) {
  found = parent.child(name);
  return !found.next_sibling(name);
}

bool read_addresses(const pugi::xml_node& client, CreateRequest& request) {
  for (const pugi::xml_node& address : client.children("address")) {
    const pugi::xml_attribute type = address.attribute("type");
    if (!type) return false;
    if (equal_ignoring_case(type.value(), "ipv4")) {
      if (request.client_ipv4 || request.bad_ipv4) return false;
      request.client_ipv4 = parse_ipv4(text_of(address));
      request.bad_ipv4 = !request.client_ipv4;
    } else if (equal_ignoring_case(type.value(), "ipv6")) {
      if (request.client_ipv6 || request.bad_ipv6) return false;
      request.client_ipv6 = parse_ipv6(text_of(address));
      request.bad_ipv6 = !request.client_ipv6;
    }
  }
  return true;
}

bool read_keepalive(const pugi::xml_node& client, CreateRequest& request) {
  pugi::xml_node keepalive;
  if (!find_single(client, "keepalive", keepalive)) return false;
  if (!keepalive) return true;
  request.keepalive_seconds = parse_decimal(keepalive.attribute("interval").value(), kKeepaliveSecondsMax);
  return request.keepalive_seconds.has_value();
}

bool is_address_type(std::string_view type) {
  return equal_ignoring_case(type, "ipv4") || equal_ignoring_case(type, "ipv6") || equal_ignoring_case(type, "dn");
}

// The type need not fit the text: old clients call everything that is configured "dn".
bool read_dns_servers(const pugi::xml_node& router, RouterRequest& request) {
  pugi::xml_node list;
  if (!find_single(router, "dns_server", list)) return false;
  for (const pugi::xml_node& address : list.children("address")) {
    std::string server = text_of(address);
    if (!is_address_type(address.attribute("type").value())) return false;
    if (!valid_dns_name(server) && !parse_ipv4(server) && !parse_ipv6(server)) return false;
    if (request.dns_servers.size() == kDnsServersMax) return false;
    request.dns_servers.push_back(std::move(server));
  }
  return true;
}

bool read_prefix(const pugi::xml_node& router, RouterRequest& request) {
  pugi::xml_node prefix;
  if (!find_single(router, "prefix", prefix)) return false;
  const pugi::xml_attribute attribute = prefix.attribute("length");
  if (!attribute) return true;
  const auto length = parse_decimal(attribute.value(), 128);
  if (length) request.prefix_length = static_cast<std::uint8_t>(*length);
  return length.has_value();
}

bool read_router(const pugi::xml_node& client, CreateRequest& request) {
  pugi::xml_node router;
  if (!find_single(client, "router", router)) return false;
  if (!router) return true;
  request.router.emplace();
  return read_prefix(router, *request.router) && read_dns_servers(router, *request.router);
}

bool read_proxy(const pugi::xml_node& tunnel, CreateRequest& request) {
  const std::string_view proxy = tunnel.attribute("proxy").as_string("no");
  request.proxy = proxy == "yes";
  return request.proxy || proxy == "no";
}

std::expected<Request, Status> read_create(const pugi::xml_node& tunnel) {
  CreateRequest request;
  const pugi::xml_attribute type = tunnel.attribute("type");
  pugi::xml_node client;
  if (!type || !read_proxy(tunnel, request) || !find_single(tunnel, "client", client) ||
      !read_addresses(client, request) || !read_keepalive(client, request) || !read_router(client, request)) {
    return std::unexpected(Status::InvalidRequest);
  }
  request.type = parse_requested_type(type.value());
  return request;
}

}  // namespace

std::expected<Request, Status> parse_request(std::string_view xml) {
  pugi::xml_document document;
  const auto tunnel = load_tunnel(document, xml, kRequestLimits);
  if (!tunnel) return std::unexpected(Status::InvalidRequest);
  const std::string_view action = tunnel->attribute("action").value();
  if (action == "create") return read_create(*tunnel);
  if (action == "accept") return AcceptRequest{};
  if (action == "reject") return RejectRequest{};
  if (action == "delete") return DeleteRequest{};
  if (action == "info") return InfoRequest{};
  return std::unexpected(Status::InvalidRequest);
}

}  // namespace tsp::wire
