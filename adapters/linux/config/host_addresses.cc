// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/host_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "core/dataplane/address_scope.h"

namespace tsp::linux_ {

namespace {

std::optional<IPv6Address> address_of(const sockaddr* socket_address) {
  if (socket_address == nullptr) return std::nullopt;
  if (socket_address->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, socket_address, sizeof in);
    IPv4Address address;
    std::memcpy(address.octets.data(), &in.sin_addr, address.octets.size());
    return map_ipv4(address);
  }
  if (socket_address->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, socket_address, sizeof in);
    IPv6Address address;
    std::memcpy(address.octets.data(), &in.sin6_addr, address.octets.size());
    return address;
  }
  return std::nullopt;
}

bool is_of_more_than_the_link(const IPv6Address& address) {
  if (is_mapped(address)) return unmap(address).octets[0] != 127;
  const bool link_local = address.octets[0] == 0xFE && (address.octets[1] & 0xC0) == 0x80;
  return address != IPv6Address{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}} && !link_local;
}

}  // namespace

std::vector<IPv6Address> host_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, freeifaddrs);
  std::vector<IPv6Address> addresses;
  std::vector<IPv6Address> of_ipv6;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    const auto address = address_of(entry->ifa_addr);
    if (!address || !is_of_more_than_the_link(*address)) continue;
    (is_mapped(*address) ? addresses : of_ipv6).push_back(*address);
  }
  addresses.insert(addresses.end(), of_ipv6.begin(), of_ipv6.end());
  return addresses;
}

std::optional<IPv6Address> most_public(const std::vector<IPv6Address>& addresses, bool ipv4, const IPv6Prefix& pool) {
  const auto possible = [&](const IPv6Address& address) {
    return is_mapped(address) == ipv4 && !pool.contains(address);
  };
  const auto routed = [&](const IPv6Address& address) { return possible(address) && dataplane::is_global(address); };
  auto best = std::ranges::find_if(addresses, routed);
  if (best == addresses.end()) best = std::ranges::find_if(addresses, possible);
  return best == addresses.end() ? std::nullopt : std::optional(*best);
}

}  // namespace tsp::linux_
