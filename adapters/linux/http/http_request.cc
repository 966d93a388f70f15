// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/http_request.h"

#include <algorithm>
#include <string_view>

namespace tsp::linux_ {

std::optional<IPv6Address> forwarded_address(const HttpHead& head) {
  std::string_view last = head.forwarded_for;
  if (const auto comma = last.rfind(','); comma != std::string_view::npos) last.remove_prefix(comma + 1);
  while (last.starts_with(' ')) last.remove_prefix(1);
  return parse_address(last);
}

IPv6Address client_address(const HttpRequest& request, const std::vector<IPv6Address>& trusted_proxies) {
  const IPv6Address& peer = request.peer.path.remote.address;
  if (std::ranges::find(trusted_proxies, peer) == trusted_proxies.end()) return peer;
  return forwarded_address(request.head).value_or(peer);
}

}  // namespace tsp::linux_
