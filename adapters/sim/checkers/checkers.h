// SPDX-License-Identifier: Apache-2.0
//
// All checkers of the simulated world. What each of them holds is in docs/internals/simulation.md.
#pragma once

#include "adapters/sim/checkers/timers.h"
#include "adapters/sim/world.h"

namespace tsp::sim {

// To a world in which nothing has been said yet. The world keeps them; the one returned can be asked at the end.
Timers& add_checkers(World& world);

}  // namespace tsp::sim
