// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "adapters/linux/client_config/router_snippets.h"
#include "core/client/lan_prefix.h"

namespace tsp::linux_ {
namespace {

std::string entry(std::string field, const std::string& value) {
  constexpr std::size_t kFieldWidth = 27;
  if (field.size() < kFieldWidth) field.resize(kFieldWidth, ' ');
  return "     " + std::move(field) + value + '\n';
}

std::string lan_steps(const IPv6Prefix& delegated) {
  const IPv6Prefix lan = client::lan_prefix(delegated);
  const std::string address = lan_address(delegated);
  std::string out = "5. Interfaces > [LAN]\n";
  out += entry("IPv6 Configuration Type", "Static IPv6");
  out += entry("IPv6 address", address.substr(0, address.find('/')) + " / " + std::to_string(lan.length));
  out += "6. Services > Router Advertisements > LAN\n";
  out += entry("Router Advertisements", "Unmanaged");
  // Packets to what the LAN does not use would go back into the tunnel, to and fro.
  out += "7. System > Routes > Configuration > Add\n";
  out += entry("Network Address", to_text(delegated));
  out += entry("Gateway", "Null6");
  return out;
}

}  // namespace

std::string opnsense_snippet(const Protocol41Facts& facts) {
  std::string out = tunnel_notes(facts, "");
  out += "What is not named here keeps its default.\n\n";
  out += "1. Interfaces > Devices > GIF > Add\n";
  out += entry("Local address", "WAN, if its address is " + to_text(facts.client_outer));
  out += entry("Remote address", to_text(facts.server_outer));
  out += entry("Tunnel local address", to_text(facts.client_inner));
  out += entry("Tunnel remote address", to_text(facts.server_inner));
  out += entry("Tunnel netmask / prefix", "128");
  out += "2. Interfaces > Assignments: add the new device with the description TSP. Interfaces > [TSP]\n";
  out += entry("Enable Interface", "yes");
  out += entry("MTU", std::to_string(facts.mtu));
  out += "3. System > Gateways > Configuration > TSP_TUNNELV6\n";
  out += entry("IP Address", to_text(facts.server_inner));
  out += entry("Upstream Gateway", "yes");
  out += entry("Far Gateway", "yes");
  out += entry("Disable Gateway Monitoring", "no; its pings keep the tunnel");
  out += entry("Monitor IP", to_text(facts.server_inner));
  out += "4. Firewall > Rules > WAN > Add\n";
  out += entry("Action", "Pass");
  out += entry("TCP/IP Version", "IPv4");
  out += entry("Protocol", "IPV6");
  out += entry("Source", to_text(facts.server_outer));
  if (facts.delegated) out += lan_steps(*facts.delegated);
  return out;
}

}  // namespace tsp::linux_
