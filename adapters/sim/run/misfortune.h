// SPDX-License-Identifier: Apache-2.0
//
// What can go wrong in the simulated world, one thing at a time. A run's misfortunes are planned before it begins and
// each has numbers of its own, so that a failing run can be repeated with some of them left out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <tsp/time.h>

#include "adapters/sim/world.h"

namespace tsp::sim {

enum class Misfortune : std::uint8_t {
  Weather,            // the links get better or worse
  Partition,          // they break, in one direction or both, or for some clients
  StoreFault,         // some orders, or all for a while, meet a fault
  StoreSlow,          // commits take seconds
  DatapathFault,      // some orders meet a fault
  TunnelVanishes,     // out of the datapath, silently
  DatapathReset,      // all tunnels do, and it says so
  ConfirmationsLost,  // reports of the datapath
  CountersReset,
  Crash,           // now
  CrashAtOrder,    // before or after one of the next orders
  OrderlyRestart,  // stop, pause, start
  WallStep,
  WallDrift,
  NatReboot,
  ClientMoves,    // to another network, in the middle of whatever it does
  ClientRestart,  // a power cut
  ForgedHello,    // VERSION with a client's own address
  ForgedInner,    // an inner packet from a client's address, with a source that is not its own
  Operator,       // kicks, disables, enables, deletes, changes a password and back
  Reload,         // a new configuration
};
inline constexpr std::size_t kMisfortunes = static_cast<std::size_t>(Misfortune::Reload) + 1;
[[nodiscard]] std::string_view name_of(Misfortune kind);

struct PlannedMisfortune {
  Duration pause{};  // after the one before
  Misfortune kind{};
  std::uint64_t numbers = 0;  // the seed of its own
};

// How bad it may get.
struct Severity {
  std::array<std::uint32_t, kMisfortunes> weights{};  // 0: never
  LinkFaults worst_weather{};
  Duration pause_max = std::chrono::seconds(20);
};

[[nodiscard]] std::vector<PlannedMisfortune> plan_misfortunes(const Severity& severity, unsigned count, Random random);

// Honest clients' accounts, which operators can strike.
struct Target {
  std::string login;
  std::string password;
};
using Targets = std::vector<Target>;

// The broker must be alive.
void befall(World& world, const PlannedMisfortune& misfortune, const Severity& severity, const Targets& targets);
// Everything that can be mended, is: links, store, datapath, clocks.
void mend(World& world);
// What operators did to accounts is undone. False if the broker does not do it.
[[nodiscard]] bool restore_accounts(World& world, const Targets& targets);

}  // namespace tsp::sim
