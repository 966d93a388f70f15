// SPDX-License-Identifier: Apache-2.0
//
// What the broker knows of an account, as the facts that a client's configuration is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <tsp/broker.h>

#include "adapters/linux/client_config/client_config.h"

namespace tsp::linux_ {

// `tunnel`: its live one.
[[nodiscard]] ClientFacts client_facts(const AccountRecord& account, const std::optional<TunnelRecord>& tunnel);

// Where TSP is spoken by a broker that has a tunnel at `local`: the port of the one of `places` that is this address,
// or any of its family, or else the first of its family, or a name. They are addresses that a broker listens on or is
// reached at. None: no place tells.
[[nodiscard]] std::optional<std::uint16_t> signalling_port(const std::vector<BrokerAddress>& places,
                                                           const IPv6Address& local);

}  // namespace tsp::linux_
