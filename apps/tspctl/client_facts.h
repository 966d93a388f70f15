// SPDX-License-Identifier: Apache-2.0
//
// tspd's answers as the facts that a client's configuration is made of.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "adapters/linux/client_config/client_config.h"

namespace tsp::tspctl {

// `account` and `tunnel` are as the control API shows them; `tunnel` is null if there is none. The error names the
// member that is not as it should be.
[[nodiscard]] std::expected<linux_::ClientFacts, std::string> client_facts(const nlohmann::json& account,
                                                                           const nlohmann::json& tunnel);

}  // namespace tsp::tspctl
