// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tsp::client {

// How signalling travels. A v6udpv4 tunnel uses the UDP socket of its signalling for its packets too.
enum class Transport : std::uint8_t { Udp, Tcp };

}  // namespace tsp::client
