// SPDX-License-Identifier: Apache-2.0
#include "core/tunnel/mtu.h"

#include <algorithm>
#include <utility>

namespace tsp::tunnel {
namespace {

constexpr std::uint16_t kOuterMtu = 1500;
constexpr std::uint16_t kIPv4Header = 20;
constexpr std::uint16_t kIPv6Header = 40;
constexpr std::uint16_t kUdpHeader = 8;

std::uint16_t room_in_outer_packet(TunnelType type) {
  switch (type) {
    case TunnelType::V6UdpV4:
      return kOuterMtu - kIPv4Header - kUdpHeader;
    case TunnelType::V6V4:
      return kOuterMtu - kIPv4Header;
    case TunnelType::V4V6:
      return kOuterMtu - kIPv6Header;
  }
  std::unreachable();
}

}  // namespace

std::uint16_t choose_mtu(TunnelType type, std::uint16_t wanted, std::uint16_t datapath_max) {
  return std::max(kAccountMtuMin, std::min({wanted, room_in_outer_packet(type), datapath_max}));
}

}  // namespace tsp::tunnel
