// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/router_snippets.h"

namespace tsp::linux_ {

std::string iproute2_snippet(const Protocol41Facts& facts) {
  std::string out = tunnel_notes(facts, "# ");
  out += "ip tunnel add tsp mode sit remote " + to_text(facts.server_outer) + " local " + to_text(facts.client_outer) +
         " ttl 64\n";
  out += "ip link set dev tsp mtu " + std::to_string(facts.mtu) + " up\n";
  out += "ip -6 address add " + to_text(facts.client_inner) + "/128 dev tsp\n";
  out += "ip -6 route add ::/0 dev tsp metric 512\n";
  if (facts.delegated) {
    // Packets to what the LAN does not use would go back into the tunnel, to and fro.
    out += "ip -6 route add unreachable " + to_text(*facts.delegated) + '\n';
    out +=
        "\n# For the LAN, on its device:\n"
        "#   sysctl -w net.ipv6.conf.all.forwarding=1\n"
        "#   ip -6 address add " +
        lan_address(*facts.delegated) + " dev DEVICE\n";
  }
  return out;
}

}  // namespace tsp::linux_
