// SPDX-License-Identifier: Apache-2.0
//
// Addresses as netlink has them: IPv4 where ours are mapped.
#pragma once

#include <netlink/addr.h>
#include <netlink/attr.h>

#include <memory>
#include <optional>

#include <tsp/address.h>

namespace tsp::linux_ {

using NetlinkAddress = std::unique_ptr<nl_addr, decltype(&nl_addr_put)>;

[[nodiscard]] int family_of(const IPv6Prefix& prefix);  // AF_INET or AF_INET6
// Null: out of memory.
[[nodiscard]] NetlinkAddress make_netlink_address(const IPv6Prefix& prefix);
// Of a message of that family; none if `attribute` is null or holds no address of it.
[[nodiscard]] std::optional<IPv6Address> read_address(const nlattr* attribute, int family);

}  // namespace tsp::linux_
