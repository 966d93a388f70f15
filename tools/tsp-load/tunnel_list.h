// SPDX-License-Identifier: Apache-2.0
//
// What `hold` tells `flood` about its tunnels, as JSON.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/address.h>

namespace tsp::load {

struct HeldTunnel {
  Endpoint local;  // the client's outer address and port
  Endpoint server;
  IPv6Address inner;
  IPv6Address server_inner;

  friend bool operator==(const HeldTunnel&, const HeldTunnel&) = default;
};

// {"tunnels": [{"local": "127.0.0.1:40000", "server": "127.0.0.1:3653", "inner": "…", "server_inner": "…"}, …]}
[[nodiscard]] std::string to_json(std::span<const HeldTunnel> tunnels);
// Error: one line.
[[nodiscard]] std::expected<std::vector<HeldTunnel>, std::string> parse_tunnels(std::string_view json);

// "192.0.2.1:3653"; the port must be there.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace tsp::load
