// SPDX-License-Identifier: Apache-2.0
//
// Whether an offer is one that was asked for and that makes sense (C-19, C-20).
#pragma once

#include <expected>
#include <string>

#include <tsp/client.h>

#include "core/client/config.h"
#include "core/client/transport.h"

namespace tsp::client {

// The offer as it is to be used: a prefix that was not asked for is left out (some servers always send one). The error
// says what is wrong with it.
[[nodiscard]] std::expected<Offer, std::string> check_offer(Offer offer, const ClientConfig& config,
                                                            Transport transport);

}  // namespace tsp::client
