// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/host_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

namespace tsp::linux_ {

std::vector<IPv4Address> host_ipv4_addresses() {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, freeifaddrs);
  std::vector<IPv4Address> addresses;
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in in{};
    std::memcpy(&in, entry->ifa_addr, sizeof in);
    IPv4Address address;
    std::memcpy(address.octets.data(), &in.sin_addr, address.octets.size());
    if (address.octets[0] != 127) addresses.push_back(address);
  }
  return addresses;
}

}  // namespace tsp::linux_
