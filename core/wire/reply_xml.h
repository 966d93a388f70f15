// SPDX-License-Identifier: Apache-2.0
//
// The XML of a server's replies, as a client reads it.
#pragma once

#include <optional>
#include <pugixml.hpp>
#include <vector>

#include "core/wire/message.h"

namespace tsp::wire {

// The offer in a <tunnel> element; none if an address is missing or cannot be what it should be.
[[nodiscard]] std::optional<Offer> read_offer(const pugi::xml_node& tunnel);
// The brokers in a <tunnel> element, in its order; those with an unusable address are left out. None if there are
// more than 50, or none is left.
[[nodiscard]] std::optional<std::vector<std::string>> read_brokers(const pugi::xml_node& tunnel);

}  // namespace tsp::wire
