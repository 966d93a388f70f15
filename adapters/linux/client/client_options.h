// SPDX-License-Identifier: Apache-2.0
//
// All that tsp-connect is told: what to negotiate, and what to do with the tunnel on this host.
#pragma once

#include <cstdint>
#include <string>

#include "core/client/config.h"

namespace tsp::linux_ {

struct HostOptions {
  std::string device = "tsp";  // the TUN device
  std::string lan;             // gets the first /64 of a delegated prefix; empty: only the discard route is set
  bool default_route = true;   // ::/0 into the tunnel
  std::uint16_t mtu = 1280;    // bytes of an inner packet; what every server expects
};

struct ClientOptions {
  client::ClientConfig negotiation;
  HostOptions host;
};

}  // namespace tsp::linux_
