// SPDX-License-Identifier: Apache-2.0
//
// How often a client is told to send echo requests (RFC 5572 section 4.7.4), and how long a silent tunnel lives.
#pragma once

#include <cstdint>
#include <optional>

#include <tsp/config.h>
#include <tsp/time.h>

namespace tsp::tunnel {

// The interval to offer. `requested` is what the client asked for: none or 0 if it asked for no keepalive; it gets
// the default all the same, because a NAT forgets a silent mapping (clients obey the offer). 0: offer none.
[[nodiscard]] std::uint32_t negotiate_keepalive(std::optional<std::uint32_t> requested, const BrokerConfig& config);

// After that a client has lost three keepalives, takes its tunnel for dead, and has had some time to say so.
[[nodiscard]] Duration three_lost(std::uint32_t keepalive_seconds);

// A tunnel that shows no accepted packet for this long is ended.
[[nodiscard]] Duration idle_time(std::uint32_t keepalive_seconds, const BrokerConfig& config);

// A client that is silent for this long has lost two keepalives in a row, or is gone: less than the idle time.
[[nodiscard]] Duration suspicious_silence(std::uint32_t keepalive_seconds, const BrokerConfig& config);

}  // namespace tsp::tunnel
