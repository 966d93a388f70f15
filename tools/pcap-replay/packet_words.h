// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include <tsp/client.h>
#include <tsp/types.h>

namespace tsp::replay {

// An inner packet in a few words: "echo request, client to server, 64 bytes". The addresses of the offer are called by
// their parts in it.
[[nodiscard]] std::string packet_words(ByteView packet, const std::optional<Offer>& offer);

}  // namespace tsp::replay
