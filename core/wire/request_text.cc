// SPDX-License-Identifier: Apache-2.0
//
// Our own client's requests: byte for byte those of the client that every server knows.
#include "core/base/assert.h"
#include "core/wire/append.h"
#include "core/wire/message.h"

namespace tsp::wire {

namespace {

void append_keepalive(std::string& text, const CreateRequest& request) {
  append_line(text, R"(  <keepalive interval=")", std::to_string(*request.keepalive_seconds), R"(">)");
  if (request.type == RequestedType::V4V6) {
    append_address(text, "    ", "ipv4", "127.0.0.1");
  } else {
    append_address(text, "    ", "ipv6", "::");
  }
  append_line(text, "  </keepalive>");
}

std::string_view address_type(std::string_view server) {
  if (parse_ipv4(server)) return "ipv4";
  return parse_ipv6(server) ? "ipv6" : "dn";
}

void append_router(std::string& text, const RouterRequest& router) {
  append_line(text, "  <router>");
  if (router.prefix_length) {
    append_line(text, R"(   <prefix length=")", std::to_string(*router.prefix_length), R"("/>)");
  }
  if (!router.dns_servers.empty()) {
    append_line(text, "   <dns_server>");
    for (const std::string& server : router.dns_servers) append_address(text, "     ", address_type(server), server);
    append_line(text, "   </dns_server>");
  }
  append_line(text, "  </router>");
}

}  // namespace

std::string create_text(const CreateRequest& request) {
  TSP_ASSERT(request.type.has_value());
  std::string text;
  text.reserve(512);
  append_line(text, R"(<tunnel action="create" type=")", type_name(*request.type), R"(" proxy=")",
              request.proxy ? "yes" : "no", R"(">)");
  append_line(text, " <client>");
  if (request.client_ipv4) append_address(text, "  ", "ipv4", to_text(*request.client_ipv4));
  if (request.client_ipv6) append_address(text, "  ", "ipv6", to_text(*request.client_ipv6));
  if (request.keepalive_seconds) append_keepalive(text, request);
  if (request.router) append_router(text, *request.router);
  append_line(text, " </client>");
  append_line(text, "</tunnel>");
  return text;
}

std::string action_text(std::string_view action) {
  std::string text;
  append_line(text, R"(<tunnel action=")", action, R"("></tunnel>)");
  return text;
}

}  // namespace tsp::wire
