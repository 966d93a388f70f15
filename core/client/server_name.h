// SPDX-License-Identifier: Apache-2.0
//
// A server as people write it and as redirects name it; turning names into addresses is the adapter's work.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/address.h>
#include <tsp/broker_address.h>

namespace tsp::client {

using tsp::kTspPort;

struct ServerName {
  std::string host;  // lower case; a name, or an IPv4 or IPv6 address without brackets
  std::uint16_t port = kTspPort;

  friend auto operator<=>(const ServerName&, const ServerName&) = default;
};

// "name", "name:port", "192.0.2.1:port", "[2001:db8::1]:port", and an IPv6 address alone. None for anything else,
// port 0 included.
[[nodiscard]] std::optional<ServerName> parse_server_name(std::string_view text);

// The address that it is; IPv4 is mapped. None: it is a name.
[[nodiscard]] std::optional<IPv6Address> literal_address(const ServerName& server);

// The shortest form that parse_server_name() reads back; the port only if it is not 3653. This is also the host part of
// a digest-uri: some servers refuse one with a ':' in it.
[[nodiscard]] std::string to_text(const ServerName& server);

}  // namespace tsp::client
