// SPDX-License-Identifier: Apache-2.0
#include "core/base/assert.h"
#include "core/wire/append.h"
#include "core/wire/dns_name.h"
#include "core/wire/message.h"

namespace tsp::wire {

namespace {

void append_tunnel(std::string& text, const Offer& offer) {
  text.append(R"(<tunnel action="info" type=")").append(type_name(offer.type)).append("\"");
  if (offer.lifetime_minutes != 0) {
    text.append(R"( lifetime=")").append(std::to_string(offer.lifetime_minutes)).append("\"");
  }
  append_line(text, ">");
}

std::string address_text(const IPv6Address& address) {
  return is_mapped(address) ? to_text(unmap(address)) : to_full_text(address);
}

void append_either(std::string& text, std::string_view indent, const IPv6Address& address) {
  append_address(text, indent, is_mapped(address) ? "ipv4" : "ipv6", address_text(address));
}

// Inside, IPv4 has a length (RFC 5572 section 4.7.1): each end is alone.
void append_end(std::string& text, const TunnelEnd& end, TunnelType type) {
  const std::string_view length = carries_ipv4(type) ? R"( length="32")" : "";
  append_line(text, R"(    <address type="ipv4")", length, ">", address_text(end.ipv4), "</address>");
  append_either(text, "    ", end.ipv6);
}

void append_resolver(std::string& text, const IPv6Address& resolver) {
  append_line(text, "    <dns_server>");
  append_address(text, "      ", "ipv6", to_full_text(resolver));
  append_line(text, "    </dns_server>");
}

void append_delegation(std::string& text, const IPv6Prefix& prefix, const std::vector<std::string>& name_servers) {
  append_line(text, "    <router>");
  append_line(text, R"(      <prefix length=")", std::to_string(written_length(prefix)), R"(">)",
              address_text(prefix.base), "</prefix>");
  if (!name_servers.empty()) {
    append_line(text, "      <dns_server>");
    for (const std::string& name : name_servers) {
      TSP_ASSERT(valid_dns_name(name));
      append_address(text, "        ", "dn", name);
    }
    append_line(text, "      </dns_server>");
  }
  append_line(text, "    </router>");
}

void append_keepalive(std::string& text, const Offer& offer) {
  append_line(text, R"(    <keepalive interval=")", std::to_string(offer.keepalive_seconds), R"(">)");
  append_either(text, "      ", offer.keepalive_address);
  append_line(text, "    </keepalive>");
}

}  // namespace

std::string offer_text(const Offer& offer) {
  TSP_ASSERT(offer.dns_server.has_value());  // clients crash without
  TSP_ASSERT(is_mapped(offer.client_inner) == carries_ipv4(offer.type));
  TSP_ASSERT(is_mapped(offer.client_outer) != carries_ipv4(offer.type));
  std::string text;
  text.reserve(1024);
  append_tunnel(text, offer);
  append_line(text, "  <server>");
  append_end(text, offer.server(), offer.type);
  append_line(text, "  </server>");
  append_line(text, "  <client>");
  append_end(text, offer.client(), offer.type);
  if (offer.client_name) {
    TSP_ASSERT(valid_dns_name(*offer.client_name));
    append_address(text, "    ", "dn", *offer.client_name);
  }
  append_resolver(text, *offer.dns_server);
  if (offer.delegated) append_delegation(text, *offer.delegated, offer.name_servers);
  if (offer.keepalive_seconds != 0) append_keepalive(text, offer);
  append_line(text, "  </client>");
  append_line(text, "</tunnel>");
  return text;
}

}  // namespace tsp::wire
