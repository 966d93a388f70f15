// SPDX-License-Identifier: Apache-2.0
//
// The whole core in the simulated world, before all checkers and their naive model: the input says who takes part and
// which misfortunes befall, one after the other. broker-sim draws both from a seed; here coverage leads the choice.
#include "adapters/sim/run/run.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::sim;

namespace {

constexpr std::size_t kMisfortunesMax = 12;
constexpr std::uint32_t kPauseMaxMs = 20'000;

RunOptions read_options(fuzz::Decisions& decisions) {
  const auto preset = decisions.one_of(kPresets);
  auto sampled = sample_options(preset, decisions.byte());
  fuzz::require(sampled.has_value());
  RunOptions options = *std::move(sampled);
  options.population = {.accounts = 1 + static_cast<unsigned>(decisions.below(3)),
                        .anonymous = static_cast<unsigned>(decisions.below(2)),
                        .ours = static_cast<unsigned>(decisions.below(2)),
                        .wrong_passwords = static_cast<unsigned>(decisions.below(2)),
                        .twins = static_cast<unsigned>(decisions.below(2)),
                        .odd_habits = decisions.below(2) == 1};
  return options;
}

std::vector<PlannedMisfortune> read_plan(fuzz::Decisions& decisions) {
  std::vector<PlannedMisfortune> plan;
  while (!decisions.over() && plan.size() < kMisfortunesMax) {
    PlannedMisfortune misfortune;
    misfortune.pause = std::chrono::milliseconds(decisions.word() % kPauseMaxMs);
    misfortune.kind = static_cast<Misfortune>(decisions.below(kMisfortunes));
    misfortune.numbers = decisions.word();
    plan.push_back(misfortune);
  }
  return plan;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Decisions decisions({data, size});
  const RunOptions options = read_options(decisions);
  Run run(options, 1);
  run.replace_plan(read_plan(decisions));
  const RunResult result = run.play();
  if (result.verdict != Verdict::Passed) fuzz::require_none(result.what);
  return 0;
}
