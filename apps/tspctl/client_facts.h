// SPDX-License-Identifier: Apache-2.0
//
// tspd's answers as the facts that a client's configuration is made of.
#pragma once

#include <cstdint>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include <tsp/address.h>

#include "adapters/linux/client_config/client_config.h"

namespace tsp::tspctl {

// `account` and `tunnel` are as the control API shows them; `tunnel` is null if there is none. The error names the
// member that is not as it should be.
[[nodiscard]] std::expected<linux_::ClientFacts, std::string> client_facts(const nlohmann::json& account,
                                                                           const nlohmann::json& tunnel);

// Where TSP is spoken by a broker that has a tunnel at `local`: the port of the one of `places` that is this address,
// or any of its family, or else the first of its family, or a name. They are as the API writes addresses that a broker
// listens on ("0.0.0.0:3654") or is reached at ("192.0.2.1", "ts1.example.net:3654"). None: no place tells.
[[nodiscard]] std::optional<std::uint16_t> signalling_port(const nlohmann::json& places, const IPv6Address& local);

}  // namespace tsp::tspctl
