// SPDX-License-Identifier: Apache-2.0
//
// What a run is like: who takes part, what goes wrong and how badly. Sampled from the seed, so that the seed says all.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "adapters/sim/rogue_client.h"
#include "adapters/sim/run/misfortune.h"
#include "adapters/sim/world.h"

namespace tsp::sim {

// Clients with accounts come first, then anonymous ones, then those that cannot or will not get a tunnel.
struct Population {
  unsigned accounts = 6;   // gogoc-like, one device an account; DIGEST-MD5 and PLAIN in turns, every third a router
  unsigned anonymous = 4;  // gogoc-like
  unsigned ours = 2;       // the machine of tsp-connect, with accounts of their own
  unsigned wrong_passwords = 1;
  unsigned twins = 0;       // pairs of devices on one account, which evict each other
  bool over_ipv6 = false;   // some of the gogoc-like ones have IPv6 only, and want IPv4
  bool any_type = false;    // some of the gogoc-like ones, and ours, take protocol 41 where there is no NAT
  bool scarce = false;      // fewer tunnels than clients; not every anonymous one gets one
  bool odd_habits = false;  // some of the gogoc-like ones: old byte order, impatience, new ports midway
  std::array<unsigned, kRogueKinds.size()> rogues{};
  unsigned nats = 1;
  Duration chatter_interval{};  // of each tunnel; 0: keepalives only
};

struct RunOptions {
  std::string preset;
  WorldOptions world;
  Population population;
  Severity severity;
  unsigned misfortunes = 40;
};

inline constexpr std::array<std::string_view, 8> kPresets{"swarm",        "lite", "nat-storm", "store-flap",
                                                          "restart-loop", "roam", "flood",     "dual-stack"};
// Error: no such preset.
[[nodiscard]] std::expected<RunOptions, std::string> sample_options(std::string_view preset, std::uint64_t seed);
// A few lines: everything that was sampled.
[[nodiscard]] std::string describe(const RunOptions& options);

}  // namespace tsp::sim
