// SPDX-License-Identifier: Apache-2.0
//
// The largest packet inside a tunnel.
#pragma once

#include <cstdint>

#include <tsp/store.h>

namespace tsp::tunnel {

// What an account may be given: no link of IPv6 is narrower (RFC 8200 section 5), and more would not fit into UDP in an
// Ethernet frame.
inline constexpr std::uint16_t kAccountMtuMin = 1280;
inline constexpr std::uint16_t kAccountMtuMax = 1472;

// Bytes of an inner packet: what is wanted, as far as an outer packet of 1500 bytes and the datapath hold it.
[[nodiscard]] std::uint16_t choose_mtu(TunnelType type, std::uint16_t wanted, std::uint16_t datapath_max);

}  // namespace tsp::tunnel
