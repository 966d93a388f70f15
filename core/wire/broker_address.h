// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <tsp/broker_address.h>
#include <tsp/store.h>

namespace tsp::wire {

// "HOST" or "HOST:PORT", an IPv6 address with a port in brackets. None for anything else; a name whose last label is a
// number is a mistyped address, since no top-level domain is one.
[[nodiscard]] std::optional<BrokerAddress> parse_broker_address(std::string_view text);

// Of a broker: at most kRegionSizeMax letters, digits, '-', '_' and '.'; empty: none.
[[nodiscard]] bool valid_region(std::string_view region);

}  // namespace tsp::wire
