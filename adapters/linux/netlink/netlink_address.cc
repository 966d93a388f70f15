// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/netlink_address.h"

#include <sys/socket.h>

#include <cstring>

namespace tsp::linux_ {

int family_of(const IPv6Prefix& prefix) {
  return is_mapped(prefix) ? AF_INET : AF_INET6;
}

NetlinkAddress make_netlink_address(const IPv6Prefix& prefix) {
  const bool ipv4 = is_mapped(prefix);
  const IPv4Address short_base = ipv4 ? unmap(prefix.base) : IPv4Address{};
  NetlinkAddress result(ipv4 ? nl_addr_build(AF_INET, short_base.octets.data(), short_base.octets.size())
                             : nl_addr_build(AF_INET6, prefix.base.octets.data(), prefix.base.octets.size()),
                        &nl_addr_put);
  if (result) nl_addr_set_prefixlen(result.get(), static_cast<int>(written_length(prefix)));
  return result;
}

std::optional<IPv6Address> read_address(const nlattr* attribute, int family) {
  if (attribute == nullptr) return std::nullopt;
  const auto size = static_cast<std::size_t>(nla_len(attribute));
  IPv4Address ipv4;
  IPv6Address ipv6;
  if (family == AF_INET && size == ipv4.octets.size()) {
    std::memcpy(ipv4.octets.data(), nla_data(attribute), size);
    return map_ipv4(ipv4);
  }
  if (family != AF_INET6 || size != ipv6.octets.size()) return std::nullopt;
  std::memcpy(ipv6.octets.data(), nla_data(attribute), size);
  return ipv6;
}

}  // namespace tsp::linux_
