// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/router_snippets.h"
#include "core/client/lan_prefix.h"

namespace tsp::linux_ {
namespace {

// As comments: it belongs into a file that is there already.
std::string lan_hint(const IPv6Prefix& delegated) {
  return "\n# In the .network file of the LAN (before systemd 256: IPForward=ipv6 in place of IPv6Forwarding=yes):\n"
         "#   [Network]\n"
         "#   Address=" +
         lan_address(delegated) +
         "\n"
         "#   IPv6Forwarding=yes\n"
         "#   IPv6SendRA=yes\n"
         "#   [IPv6Prefix]\n"
         "#   Prefix=" +
         to_text(client::lan_prefix(delegated)) + '\n';
}

}  // namespace

std::string networkd_snippet(const Protocol41Facts& facts) {
  std::string out = tunnel_notes(facts, "# ");
  out +=
      "\n# /etc/systemd/network/25-tsp.netdev\n"
      "[NetDev]\n"
      "Name=tsp\n"
      "Kind=sit\n"
      "MTUBytes=" +
      std::to_string(facts.mtu) +
      "\n\n"
      "[Tunnel]\n"
      "Independent=yes\n"
      "Local=any\n"
      "Remote=" +
      to_text(facts.server_outer) +
      "\n"
      "TTL=64\n";
  out +=
      "\n# /etc/systemd/network/25-tsp.network\n"
      "[Match]\n"
      "Name=tsp\n\n"
      "[Network]\n"
      "IPv6AcceptRA=no\n"
      "Address=" +
      to_text(facts.client_inner) +
      "/128\n\n"
      "[Route]\n"
      "Destination=::/0\n";
  if (!facts.delegated) return out;
  // Packets to what the LAN does not use would go back into the tunnel, to and fro.
  out +=
      "\n[Route]\n"
      "Destination=" +
      to_text(*facts.delegated) +
      "\n"
      "Type=unreachable\n";
  return out + lan_hint(*facts.delegated);
}

}  // namespace tsp::linux_
