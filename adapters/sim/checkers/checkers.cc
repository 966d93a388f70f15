// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/checkers.h"

#include <memory>
#include <utility>

#include "adapters/sim/checkers/operations.h"
#include "adapters/sim/checkers/overload.h"
#include "adapters/sim/checkers/packets.h"
#include "adapters/sim/checkers/protocol.h"
#include "adapters/sim/checkers/resources.h"
#include "adapters/sim/checkers/truth.h"

namespace tsp::sim {
namespace {

template <class Checker, class... Arguments>
Checker& add(World& world, Arguments&... arguments) {
  auto checker = std::make_unique<Checker>(world, arguments...);
  Checker& added = *checker;
  world.add_observer(std::move(checker));
  return added;
}

}  // namespace

Timers& add_checkers(World& world) {
  const Truth& truth = add<Truth>(world);
  add<Resources>(world, truth);
  add<Protocol>(world, truth);
  add<Packets>(world, truth);
  add<Operations>(world, truth);
  add<Overload>(world, truth);
  return add<Timers>(world, truth);
}

}  // namespace tsp::sim
