// SPDX-License-Identifier: Apache-2.0
//
// The routers' side of a v6v4 tunnel (IPv6 in protocol 41), for systems that do not speak TSP.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <tsp/address.h>

namespace tsp::linux_ {

struct Protocol41Facts {
  std::string login;
  IPv4Address server_outer;
  IPv4Address client_outer;
  IPv6Address server_inner;
  IPv6Address client_inner;
  std::optional<IPv6Prefix> delegated = std::nullopt;
  std::uint32_t mtu = 0;
  std::uint32_t keepalive_seconds = 0;  // 0: none is needed
};

// The router's address in its LAN's prefix, "2001:db8:1:100::1/64".
[[nodiscard]] std::string lan_address(const IPv6Prefix& delegated);
// What holds for the tunnel on every system, as lines that begin with `mark`.
[[nodiscard]] std::string tunnel_notes(const Protocol41Facts& facts, const std::string& mark);

// Stanzas for /etc/config/network.
[[nodiscard]] std::string openwrt_snippet(const Protocol41Facts& facts);
// A .netdev and a .network file of systemd-networkd.
[[nodiscard]] std::string networkd_snippet(const Protocol41Facts& facts);
// Commands for a Linux shell.
[[nodiscard]] std::string iproute2_snippet(const Protocol41Facts& facts);
// Commands of RouterOS 7.
[[nodiscard]] std::string mikrotik_snippet(const Protocol41Facts& facts);
// What to enter into the forms of OPNsense.
[[nodiscard]] std::string opnsense_snippet(const Protocol41Facts& facts);

}  // namespace tsp::linux_
