// SPDX-License-Identifier: Apache-2.0
//
// What the owner of an account pastes into a router or a client, made from what the broker knows. No passwords: the
// broker has only verifiers.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/address.h>
#include <tsp/store.h>

#include "core/client/server_name.h"

namespace tsp::linux_ {

enum class TargetSystem : std::uint8_t { OpenWrt, Networkd, Iproute2, MikroTik, OpnSense, Gogoc, TspConnect };

struct LiveTunnelFacts {
  TunnelType type = TunnelType::V6UdpV4;
  Endpoint remote;  // the client's outer address
  Endpoint local;   // the broker's
  IPv6Address client_inner;
  IPv6Address server_inner;
  std::optional<IPv6Prefix> delegated = std::nullopt;
  std::uint32_t mtu = 0;
  std::uint32_t keepalive_seconds = 0;
  // Where `local` speaks TSP, if the tunnel has no ports; none: not known.
  std::optional<std::uint16_t> signalling_port = std::nullopt;
};

struct ClientFacts {
  std::string login;
  std::optional<client::ServerName> server = std::nullopt;  // as the operator calls it; none: as the live tunnel shows
  std::optional<IPv6Prefix> held_prefix = std::nullopt;     // the account's, with or without a tunnel
  std::optional<LiveTunnelFacts> tunnel = std::nullopt;
};

// Why there is no snippet.
struct ClientConfigRefusal {
  enum class Lack : std::uint8_t { Tunnel, Value };
  Lack lack = Lack::Tunnel;
  std::string text;
};

[[nodiscard]] std::vector<std::string> target_system_names();
[[nodiscard]] std::optional<TargetSystem> parse_target_system(std::string_view name);

[[nodiscard]] std::expected<std::string, ClientConfigRefusal> client_config(TargetSystem system,
                                                                            const ClientFacts& facts);

}  // namespace tsp::linux_
