// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/router_snippets.h"

#include "adapters/linux/client_config/quoting.h"
#include "core/client/lan_prefix.h"

namespace tsp::linux_ {

std::string lan_address(const IPv6Prefix& delegated) {
  const IPv6Prefix lan = client::lan_prefix(delegated);
  IPv6Address address = lan.base;
  // The address of all zeros is every router's (RFC 4291 section 2.6.1).
  if (lan.length < 128) address.octets.back() |= 1U;
  return to_text(address) + '/' + std::to_string(lan.length);
}

std::string tunnel_notes(const Protocol41Facts& facts, const std::string& mark) {
  const std::string ping = "Ping " + to_text(facts.server_inner) + " through it every " +
                           std::to_string(facts.keepalive_seconds) + " seconds: silence ends it.\n";
  return mark + "IPv6 tunnel of account " + quote_comment(facts.login) + " to " + to_text(facts.server_outer) +
         ", protocol 41.\n" + mark + "The broker takes its packets from " + to_text(facts.client_outer) + " only.\n" +
         (facts.keepalive_seconds == 0 ? "" : mark + ping);
}

}  // namespace tsp::linux_
