// SPDX-License-Identifier: Apache-2.0
//
// One run of the simulated world, in two phases. Safety: misfortunes befall it, and whatever must hold at every moment
// is checked. Liveness: it has become a fair world, in which every client gets what it can get, store, datapath and
// broker agree, and the broker can be stopped.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "adapters/sim/checkers/timers.h"
#include "adapters/sim/run/run_options.h"

namespace tsp::sim {

enum class Verdict : std::uint8_t {
  Passed,
  NotLive,    // something that must come to be did not
  Incorrect,  // something happened that must not
};

struct RunResult {
  Verdict verdict = Verdict::Passed;
  std::string what{};  // unless passed
  std::uint64_t steps = 0;
  std::uint64_t datagrams = 0;  // sent by clients
  Duration simulated{};
  std::uint64_t trace_hash = 0;
};

class Run {
 public:
  Run(const RunOptions& options, std::uint64_t seed);

  // Before play(): only the misfortunes with these numbers, from 0, befall the world; the others pass it by.
  void keep_only(std::set<unsigned> numbers) { kept_ = std::move(numbers); }
  // Before play(): these befall the world, instead of those that the seed planned.
  void replace_plan(std::vector<PlannedMisfortune> plan) { plan_ = std::move(plan); }
  // Stops, as passed, after so many steps.
  void stop_at(std::uint64_t step) { last_step_ = step; }
  [[nodiscard]] RunResult play();

  [[nodiscard]] World& world() { return world_; }
  [[nodiscard]] const std::vector<PlannedMisfortune>& plan() const { return plan_; }

 private:
  void populate();
  void add_gogocs();
  void add_rogues();
  [[nodiscard]] std::optional<NatIndex> next_nat();
  void want_ipv4(GogocOptions& options, unsigned number) const;
  void give_odd_habits(GogocOptions& options, unsigned number) const;

  void suffer();
  void recover();
  [[nodiscard]] bool over() const {
    return result_.verdict != Verdict::Passed || world_.violation() || stopped_early();
  }
  [[nodiscard]] bool stopped_early() const { return last_step_ && world_.steps() >= *last_step_; }
  // Unless it comes to be within the time, the run has failed.
  void demand(const std::string& what, const std::function<bool()>& wanted, Duration limit);
  [[nodiscard]] std::string discontented();

  RunOptions options_;
  World world_;
  Timers& timers_;
  Targets targets_;
  std::vector<PlannedMisfortune> plan_;
  std::optional<std::set<unsigned>> kept_;
  std::optional<std::uint64_t> last_step_;
  unsigned places_given_ = 0;
  RunResult result_;
};

}  // namespace tsp::sim
