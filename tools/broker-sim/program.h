// SPDX-License-Identifier: Apache-2.0
//
// What the command line asks for: one run or many, and what is told of one that fails.
#pragma once

#include <functional>

#include "adapters/sim/run/run.h"
#include "tools/broker-sim/command_line.h"

namespace tsp::broker_sim {

// Called for each run before it is played: tests have no other way to make one fail.
using Plant = std::function<void(sim::Run&)>;

// Prints to the standard output. prepare_for_death() must have been called.
[[nodiscard]] ExitCode run_worlds(CommandLine line, Plant plant = {});

}  // namespace tsp::broker_sim
