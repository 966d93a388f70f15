// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "tools/broker-sim/command_line.h"
#include "tools/broker-sim/death.h"
#include "tools/broker-sim/program.h"

int main(int argc, char** argv) {
  tsp::broker_sim::prepare_for_death();
  auto line = tsp::broker_sim::parse_command_line(argc, argv);
  if (!line) return static_cast<int>(line.error());
  return static_cast<int>(tsp::broker_sim::run_worlds(std::move(*line)));
}
