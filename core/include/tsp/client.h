// SPDX-License-Identifier: Apache-2.0
//
// The client's side of TSP as the same kind of machine as the broker: facts in, orders out. One ClientSession is
// one attempt to get a tunnel from one server over one transport; ClientSupervisor (client/supervisor.h) makes
// attempts, waits between them and keeps the tunnel alive.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <tsp/address.h>
#include <tsp/store.h>
#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp {

enum class AuthMechanism : std::uint8_t { Anonymous, Plain, DigestMd5 };

enum class RequestedType : std::uint8_t { V6V4, V6UdpV4, V6AnyV4, V4V6 };

// The addresses of one end of a tunnel, whichever is inside.
struct TunnelEnd {
  IPv6Address ipv4;  // mapped
  IPv6Address ipv6;
};

// What an offer says, checked (RFC 5572 section 4.7; C-18 to C-20 of the conformance list). IPv4 is mapped: outside of
// all tunnels but v4v6, and inside of that.
struct Offer {
  TunnelType type = TunnelType::V6UdpV4;
  IPv6Address server_outer{};
  IPv6Address client_outer{};
  IPv6Address server_inner{};
  IPv6Address client_inner{};
  std::optional<IPv6Prefix> delegated{};
  std::vector<std::string> name_servers{};  // to which the reverse zone of `delegated` is delegated
  std::optional<IPv6Address> dns_server{};
  std::optional<std::string> client_name{};  // address type="dn"
  std::uint32_t keepalive_seconds = 0;       // 0: none
  IPv6Address keepalive_address{};
  std::uint32_t lifetime_minutes = 0;  // 0: not given

  [[nodiscard]] TunnelEnd server() const { return end(server_outer, server_inner); }
  [[nodiscard]] TunnelEnd client() const { return end(client_outer, client_inner); }

  friend bool operator==(const Offer&, const Offer&) = default;

 private:
  [[nodiscard]] TunnelEnd end(const IPv6Address& outer, const IPv6Address& inner) const {
    return carries_ipv4(type) ? TunnelEnd{.ipv4 = inner, .ipv6 = outer} : TunnelEnd{.ipv4 = outer, .ipv6 = inner};
  }
};

}  // namespace tsp
