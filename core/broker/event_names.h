// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tsp/broker.h>

namespace tsp {

// "tunnel_up" …: stable across releases; logs, audit and metrics use them.
[[nodiscard]] std::string_view name(EventCode code);
// "idle" …: why a tunnel ended.
[[nodiscard]] std::string_view name(EndReason reason);

}  // namespace tsp
