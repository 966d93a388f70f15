// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/quoting.h"
#include "adapters/linux/client_config/router_snippets.h"

namespace tsp::linux_ {

std::string mikrotik_snippet(const Protocol41Facts& facts) {
  // The login is in the interface's comment only: a terminal acts on some of its characters even in a script's comment.
  std::string out = "# RouterOS 7: IPv6 tunnel to " + to_text(facts.server_outer) + ", protocol 41.\n";
  out += "# The broker takes its packets from " + to_text(facts.client_outer) + " only.\n";
  out += "/interface 6to4 add name=tsp local-address=" + to_text(facts.client_outer) +
         " remote-address=" + to_text(facts.server_outer) + " mtu=" + std::to_string(facts.mtu) +
         " comment=" + quote_routeros(facts.login) + '\n';
  out += "/ipv6 address add interface=tsp address=" + to_text(facts.client_inner) + "/128 advertise=no\n";
  out += "/ipv6 route add dst-address=::/0 gateway=tsp\n";
  if (facts.keepalive_seconds != 0) {
    out += "# Silence ends the tunnel.\n";
    out += "/tool netwatch add host=" + to_text(facts.server_inner) +
           " interval=" + std::to_string(facts.keepalive_seconds) + "s comment=tsp\n";
  }
  if (facts.delegated) {
    // Packets to what the LAN does not use would go back into the tunnel, to and fro.
    out += "/ipv6 route add dst-address=" + to_text(*facts.delegated) + " blackhole\n";
    out +=
        "# For the LAN, on its interface:\n"
        "# /ipv6 address add interface=bridge address=" +
        lan_address(*facts.delegated) + " advertise=yes\n";
  }
  return out;
}

}  // namespace tsp::linux_
