// SPDX-License-Identifier: Apache-2.0
//
// How many tunnels a second a broker sets up, and how long its clients wait.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>

#include <tsp/time.h>

#include "tools/tsp-load/latencies.h"
#include "tools/tsp-load/swarm.h"

namespace tsp::load {

struct StormReport {
  std::size_t established = 0;
  std::map<std::string, std::size_t> failures{};  // by reason
  Duration elapsed{};                             // from the first datagram to the last tunnel
  Latencies latencies{};                          // of those established
  std::uint64_t retransmissions = 0;
};

// Error: the storm could not take place; one line.
[[nodiscard]] std::expected<StormReport, std::string> run_storm(const SwarmOptions& options);

// "no_answer", or with the server's code: "refused 530".
[[nodiscard]] std::string failure_text(const client::Failure& failure);

[[nodiscard]] std::string to_text(StormReport& report);
[[nodiscard]] std::string to_json(StormReport& report);

}  // namespace tsp::load
