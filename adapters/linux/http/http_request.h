// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>

#include "adapters/linux/http/http_head.h"

namespace tsp::linux_ {

// Who is at the other end.
struct HttpPeer {
  FourTuple path{};                    // of TCP
  std::optional<std::uint32_t> uid{};  // on a Unix socket: whose process has connected
};

struct HttpRequest {
  HttpHead head;
  std::string body;
  HttpPeer peer;
};

// The address that the nearest proxy saw; IPv4 is mapped. None: it tells none.
[[nodiscard]] std::optional<IPv6Address> forwarded_address(const HttpHead& head);
// Whose the request is: the peer, or if that is one of `trusted_proxies` whom it tells.
[[nodiscard]] IPv6Address client_address(const HttpRequest& request, const std::vector<IPv6Address>& trusted_proxies);

}  // namespace tsp::linux_
