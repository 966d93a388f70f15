// SPDX-License-Identifier: Apache-2.0
//
// The state of a network device.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_ {

struct LinkState {
  int index = 0;
  std::string kind;      // "tun" for TUN and TAP, "utun", "veth" …; empty for hardware
  bool up = false;       // by the operator's will
  bool carrier = false;  // of a TUN device: a process has it open; of a utun device: it has a process's sockets
};

// None if there is no device of that name.
[[nodiscard]] std::expected<std::optional<LinkState>, std::string> find_link(const RouteSocket& socket,
                                                                             const std::string& name);
// A device that is not there is no error.
[[nodiscard]] std::expected<void, std::string> remove_link(const RouteSocket& socket, const std::string& name);
// Sets the MTU, switches the generation of link-local addresses off (without one the kernel can send neither router
// solicitations nor ICMPv6 redirects on the device), brings the device up, and takes the traffic control's queue away
// (noqueue): packets wait in the device's own queue of `queue_packets` only.
[[nodiscard]] std::expected<void, std::string> bring_up(const RouteSocket& socket, const std::string& name,
                                                        std::uint16_t mtu, std::uint32_t queue_packets);
// Lets the host take IPv4 packets that come out of the device with an address of its own as source.
[[nodiscard]] std::expected<void, std::string> accept_own_ipv4_sources(const RouteSocket& socket,
                                                                       const std::string& name);

}  // namespace tsp::linux_
