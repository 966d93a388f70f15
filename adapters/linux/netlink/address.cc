// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/address.h"

#include <linux/if_addr.h>
#include <netlink/attr.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/route/addr.h>
#include <sys/socket.h>

#include "adapters/linux/netlink/netlink_address.h"

namespace tsp::linux_ {
namespace {

using Address = std::unique_ptr<rtnl_addr, decltype(&rtnl_addr_put)>;

Address make_address(int device, const DeviceAddress& wanted) {
  Address result(rtnl_addr_alloc(), &rtnl_addr_put);
  const NetlinkAddress local = make_netlink_address({wanted.address, wanted.length});
  if (!result || !local) return {nullptr, &rtnl_addr_put};
  rtnl_addr_set_ifindex(result.get(), device);
  if (rtnl_addr_set_local(result.get(), local.get()) < 0) return {nullptr, &rtnl_addr_put};
  return result;
}

std::optional<DeviceAddress> parse_address(nlmsghdr* message, int device) {
  const auto* header = static_cast<const ifaddrmsg*>(nlmsg_data(message));
  if (static_cast<int>(header->ifa_index) != device) return std::nullopt;
  nlattr* found = nlmsg_find_attr(message, sizeof *header, IFA_LOCAL);
  if (found == nullptr) found = nlmsg_find_attr(message, sizeof *header, IFA_ADDRESS);
  const auto address = read_address(found, header->ifa_family);
  if (!address) return std::nullopt;
  const unsigned mapped = header->ifa_family == AF_INET ? kMappedLength : 0;
  return DeviceAddress{.address = *address, .length = static_cast<std::uint8_t>(mapped + header->ifa_prefixlen)};
}

}  // namespace

std::expected<std::vector<DeviceAddress>, std::string> list_addresses(const RouteSocket& socket, int device) {
  std::vector<DeviceAddress> result;
  ifaddrmsg header{};
  header.ifa_family = AF_UNSPEC;
  const auto done = socket.dump(
      RTM_GETADDR, &header, sizeof header, [&] { result.clear(); },
      [&](nlmsghdr* message) {
        if (const auto address = parse_address(message, device)) result.push_back(*address);
      });
  if (!done) return std::unexpected(done.error());
  return result;
}

std::expected<void, std::string> add_address(const RouteSocket& socket, int device, const IPv6Address& address) {
  const Address request = make_address(device, {.address = address});
  if (!request) return std::unexpected("netlink: out of memory");
  rtnl_addr_set_flags(request.get(), IFA_F_NODAD | IFA_F_NOPREFIXROUTE);
  const int code = rtnl_addr_add(socket.get(), request.get(), 0);
  if (code < 0 && code != -NLE_EXIST)
    return std::unexpected("address " + to_unmapped_text(address) + ": " + netlink_error(code));
  return {};
}

std::expected<void, std::string> remove_address(const RouteSocket& socket, int device, const DeviceAddress& address) {
  const Address request = make_address(device, address);
  if (!request) return std::unexpected("netlink: out of memory");
  const int code = rtnl_addr_delete(socket.get(), request.get(), 0);
  if (code < 0 && code != -NLE_NOADDR) {
    return std::unexpected("address " + to_unmapped_text(address.address) + ": " + netlink_error(code));
  }
  return {};
}

}  // namespace tsp::linux_
