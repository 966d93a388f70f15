// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/router_snippets.h"

namespace tsp::linux_ {
namespace {

// Addresses and numbers only: nothing in them ends the quotation.
std::string line(const std::string& kind, const std::string& name, const std::string& value) {
  return "    " + kind + ' ' + name + " '" + value + "'\n";
}

}  // namespace

std::string openwrt_snippet(const Protocol41Facts& facts) {
  std::string out = tunnel_notes(facts, "# ");
  out +=
      "# For /etc/config/network, with the package 6in4. tunnelid, username and password stay unset:\n"
      "# they are for brokers that learn by HTTP of a changed address.\n"
      "config interface 'tsp'\n";
  out += line("option", "proto", "6in4");
  out += line("option", "peeraddr", to_text(facts.server_outer));
  out += line("option", "ip6addr", to_text(facts.client_inner) + "/128");
  if (facts.delegated) out += line("list", "ip6prefix", to_text(*facts.delegated));
  out += line("option", "mtu", std::to_string(facts.mtu));
  out += line("option", "ttl", "64");
  if (facts.delegated) {
    out +=
        "\n# The LAN gets its /64 of the prefix if its own stanza has:\n"
        "#    option ip6assign '64'\n";
  }
  out +=
      "\n# In /etc/config/firewall, in the stanza of the zone 'wan':\n"
      "#    list network 'tsp'\n";
  return out;
}

}  // namespace tsp::linux_
