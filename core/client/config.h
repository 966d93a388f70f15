// SPDX-License-Identifier: Apache-2.0
//
// What the client is told: which server, as whom, what to ask for. Where it comes from is the adapter's business.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <tsp/client.h>
#include <tsp/time.h>

#include "core/client/server_name.h"
#include "core/client/transport.h"

namespace tsp::client {

// Nobody vouches for a redirect: whoever can answer for the server can write one.
struct RedirectRules {
  unsigned hops_max = 5;                   // one after another; 0: none is followed
  bool allow_private = false;              // to addresses that the Internet does not route
  std::vector<std::string> allowed_hosts;  // lower case, exact, or ".example.net" for all below it; empty: any
};

// Of delegated prefixes, from min to max: of IPv4 with v4v6, else of IPv6, where no LAN can use more than /64.
struct PrefixLengths {
  std::uint8_t min;
  std::uint8_t max;
};
[[nodiscard]] constexpr PrefixLengths prefix_lengths(RequestedType type) {
  return type == RequestedType::V4V6 ? PrefixLengths{8, 30} : PrefixLengths{1, 64};
}

struct ClientConfig {
  ServerName server;                     // an address must be of outer_family(type)
  std::vector<ServerName> more_servers;  // likewise; tried when the one before has failed
  bool measure_distance = true;          // the nearest of several servers, or of a broker list, comes first
  RequestedType type = RequestedType::V6AnyV4;

  // The one mechanism that is used; a server that does not offer it is refused (C-14).
  AuthMechanism mechanism = AuthMechanism::Anonymous;
  std::string login;
  std::string password;

  std::optional<std::uint8_t> router_prefix_length;  // ask for a delegated prefix; none: a single host
  std::vector<std::string> reverse_dns_servers;      // for the prefix's reverse zone; names or addresses
  std::uint32_t keepalive_seconds = 25;              // to ask for; the server decides; 0: none

  RedirectRules redirects;
  bool compatible_sequence = false;  // begin at 0xF0 as gogoc does; for servers that read the word in the wrong order
  bool once = false;                 // end after the first tunnel, or the first round of attempts without one
  bool delete_on_stop = true;        // tell the server that the tunnel is not needed any more

  // Waiting after a failure: from the minimum, doubling, to the maximum, and of that a random part of at least half.
  Duration retry_min = std::chrono::seconds(5);
  Duration refused_min = std::chrono::seconds(60);  // what a person must put right: password, type, prefix length …
  Duration retry_max = std::chrono::seconds(300);
  Duration connect_timeout = std::chrono::seconds(15);  // name lookup and connecting
};

// What of it makes no sense, in words for the user.
[[nodiscard]] std::expected<void, std::string> validate(const ClientConfig& config);

}  // namespace tsp::client
