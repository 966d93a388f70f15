// SPDX-License-Identifier: Apache-2.0
//
// What a hook is told. docs/operating/tsp-connect.md has the table for users.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tsp/client.h>

#include "adapters/linux/client/client_options.h"

namespace tsp::linux_ {

enum class HookEvent : std::uint8_t { Up, Down };

// "NAME=VALUE" each, all that there is in the environment: a fixed PATH, the variables of gogoc's template scripts with
// their quirks, and ours, which begin with TSP_CONNECT_. Of the server there are only addresses, numbers and a checked
// name, so no shell can find anything but words in them. What an offer does not have is left out.
[[nodiscard]] std::vector<std::string> hook_environment(const Offer& offer, const HostOptions& host, HookEvent event);

}  // namespace tsp::linux_
