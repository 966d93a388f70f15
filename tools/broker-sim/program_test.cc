// SPDX-License-Identifier: Apache-2.0
//
// What a developer sees of a run that fails: faults are planted in it, and the whole program told to play it.
#include "tools/broker-sim/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "core/base/assert.h"
#include "tools/broker-sim/death.h"

namespace tsp::broker_sim {
namespace program_test {

using testing::AllOf;
using testing::EndsWith;
using testing::ExitedWithCode;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kSeed = 25;
const std::string kReplay = "\nbroker-sim --seed 25 --preset roam";

// Does something when all of these misfortunes have befallen the world.
class Fault final : public sim::Observer {
 public:
  Fault(std::set<unsigned> misfortunes, std::function<void()> happen)
      : missing_(std::move(misfortunes)), happen_(std::move(happen)) {}
  void on_misfortune(unsigned number, std::string_view /*name*/) override {
    if (missing_.erase(number) > 0 && missing_.empty()) happen_();
  }

 private:
  std::set<unsigned> missing_;
  std::function<void()> happen_;
};

Plant violation_after(std::set<unsigned> misfortunes) {
  return [misfortunes = std::move(misfortunes)](sim::Run& run) {
    sim::World& world = run.world();
    world.add_observer(
        std::make_unique<Fault>(misfortunes, [&world] { world.report_violation("invariant 0, planted: it is so"); }));
  };
}

Plant assertion_after(unsigned misfortune) {
  return [misfortune](sim::Run& run) {
    run.world().add_observer(
        std::make_unique<Fault>(std::set{misfortune}, [] { assertion_failed("1 > 2", "file.cc", 3); }));
  };
}

// Nobody has told the broker of its account, and yet it hopes for a tunnel.
void plant_hopeless_client(sim::Run& run) {
  run.world().add_client({.mechanism = AuthMechanism::Plain, .login = "stranger", .password = "secret"});
}

// gtest reads what a dying process writes to its standard error.
[[noreturn]] void play(CommandLine line, Plant plant) {
  dup2(STDERR_FILENO, STDOUT_FILENO);
  prepare_for_death();
  line.seed = kSeed;
  line.preset = "roam";
  const ExitCode code = run_worlds(std::move(line), std::move(plant));
  std::cout.flush();
  std::fflush(stdout);
  std::_Exit(static_cast<int>(code));
}

TEST(Program, SaysWhatARunIsLikeAndThatItPassed) {
  EXPECT_EXIT(play({}, {}), ExitedWithCode(0), AllOf(HasSubstr("SEED=25\npreset roam\n"), HasSubstr("\npassed: ")));
}

TEST(Program, EndsWith12AndTheReplayCommandAfterAViolation) {
  EXPECT_EXIT(play({}, violation_after({7})), ExitedWithCode(12),
              AllOf(HasSubstr("\nFAILED in step "), EndsWith(": invariant 0, planted: it is so" + kReplay + "\n")));
}

TEST(Program, EndsWith11AndNamesTheClientThatNeverGetsATunnel) {
  EXPECT_EXIT(
      play({}, plant_hopeless_client), ExitedWithCode(11),
      AllOf(HasSubstr("not in 1200 s: every client has what it can get; without: client "), EndsWith(kReplay + "\n")));
}

TEST(Program, EndsWith10AndTheReplayCommandAfterAnAssertion) {
  EXPECT_EXIT(play({}, assertion_after(7)), ExitedWithCode(10),
              EndsWith("\nFAILED: an assertion does not hold: 1 > 2 (file.cc:3)" + kReplay + "\n"));
}

TEST(Program, MinimizesToTheMisfortunesThatFailTogether) {
  EXPECT_EXIT(play({.minimize = true}, violation_after({5, 21})), ExitedWithCode(12),
              AllOf(HasSubstr("misfortune 5: "), HasSubstr("misfortune 21: "), Not(HasSubstr("misfortune 6: ")),
                    EndsWith(": invariant 0, planted: it is so" + kReplay + " --keep 5,21\n")));
}

TEST(Program, MinimizesACrashInAProcessOfItsOwn) {
  EXPECT_EXIT(play({.minimize = true}, assertion_after(9)), ExitedWithCode(10), EndsWith(kReplay + " --keep 9\n"));
}

TEST(Program, MinimizesToNoneWhatFailsWithoutAMisfortune) {
  EXPECT_EXIT(play({.minimize = true}, plant_hopeless_client), ExitedWithCode(11),
              EndsWith(kReplay + " --keep none\n"));
}

TEST(Program, AFaultThatWasLeftOutDoesNotHappen) {
  EXPECT_EXIT(play({.keep = std::set{1U, 2U}}, violation_after({7})), ExitedWithCode(0), HasSubstr("\npassed: "));
}

TEST(Program, AMisfortuneThatIsNotThereCannotBeKept) {
  EXPECT_EXIT(play({.keep = std::set{3U, 999U}}, {}), ExitedWithCode(2),
              HasSubstr("--keep: there is no misfortune 999; this run has 0 to 39\n"));
}

TEST(Program, OfManyRunsTheOneThatFailsIsRepeated) {
  EXPECT_EXIT(play({.runs = 3}, violation_after({7})), ExitedWithCode(12),
              AllOf(HasSubstr("SEED=25 and on\n"), EndsWith(kReplay + "\n")));
}

}  // namespace program_test
}  // namespace tsp::broker_sim
