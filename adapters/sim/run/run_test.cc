// SPDX-License-Identifier: Apache-2.0
//
// Faults that are planted in a run are found: by the checkers, or by what must come to be in the end.
#include "adapters/sim/run/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <utility>

namespace tsp::sim {
namespace run_test {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// Three honest clients, and only what does no harm.
RunOptions calm_options() {
  RunOptions options;
  options.world = default_world();
  options.population = {.accounts = 2, .anonymous = 1, .ours = 0, .wrong_passwords = 0};
  options.severity.weights[static_cast<std::size_t>(Misfortune::WallDrift)] = 1;
  options.misfortunes = 6;
  return options;
}

class Watcher final : public Observer {
 public:
  explicit Watcher(std::function<void(unsigned)> tell) : tell_(std::move(tell)) {}
  void on_misfortune(unsigned number, std::string_view /*name*/) override { tell_(number); }

 private:
  std::function<void(unsigned)> tell_;
};

class RunTest : public testing::Test {
 protected:
  RunTest() : run(calm_options(), 1) {}
  void at_misfortunes(std::function<void(unsigned)> tell) {
    run.world().add_observer(std::make_unique<Watcher>(std::move(tell)));
  }

  sim::Run run;
};

TEST_F(RunTest, WithoutAFaultItPasses) {
  const RunResult result = run.play();
  EXPECT_EQ(result.verdict, Verdict::Passed) << result.what;
  EXPECT_GT(result.datagrams, 0U);
  EXPECT_TRUE(run.world().stopped());
}

TEST_F(RunTest, AClientThatNeverGetsATunnelIsNoticed) {
  run.world().add_client({.mechanism = AuthMechanism::DigestMd5, .login = "stranger", .password = "secret"});
  const RunResult result = run.play();
  EXPECT_EQ(result.verdict, Verdict::NotLive);
  EXPECT_THAT(result.what, EndsWith("every client has what it can get; without: client 3"));
}

TEST_F(RunTest, ABrokerThatTurnsOneClientAwayIsNoticed) {
  at_misfortunes([this](unsigned) {
    BrokerConfig config = run.world().config();
    config.auth_anonymous = false;
    run.world().reload(std::move(config));
    run.world().internet().restart_client(2);
  });
  const RunResult result = run.play();
  EXPECT_EQ(result.verdict, Verdict::NotLive);
  EXPECT_THAT(result.what, HasSubstr("every client has what it can get; without: client 2"));
}

TEST_F(RunTest, ATunnelThatTheStoreForgetsIsFound) {
  at_misfortunes([this](unsigned number) {
    if (number != 4) return;
    std::vector<StoreChange> changes;
    for (const auto& [id, tunnel] : run.world().disk().tunnels()) changes.emplace_back(EraseTunnel{.id = id});
    EXPECT_FALSE(changes.empty());
    run.world().write_to_store(changes);
  });
  const RunResult result = run.play();
  EXPECT_EQ(result.verdict, Verdict::Incorrect);
  EXPECT_THAT(result.what, StartsWith("invariant 5,"));
}

TEST_F(RunTest, OnlyTheMisfortunesThatAreKeptBefallTheWorld) {
  std::vector<unsigned> befallen;
  at_misfortunes([&](unsigned number) { befallen.push_back(number); });
  run.keep_only({1, 4});
  EXPECT_EQ(run.play().verdict, Verdict::Passed);
  EXPECT_THAT(befallen, ElementsAre(1, 4));
}

TEST_F(RunTest, StopsAsPassedAtTheStep) {
  run.stop_at(50);
  const RunResult result = run.play();
  EXPECT_EQ(result.verdict, Verdict::Passed);
  EXPECT_EQ(result.steps, 50U);
  EXPECT_FALSE(run.world().stopped());
}

TEST(FloodedRun, EachClientKeepsTheTunnelThatItHas) {
  RunOptions options = *sample_options("flood", 3);
  options.severity.weights = {};
  options.severity.weights[static_cast<std::size_t>(Misfortune::WallDrift)] = 1;
  sim::Run run(options, 3);
  const RunResult result = run.play();
  EXPECT_EQ(result.verdict, Verdict::Passed) << result.what;
  EXPECT_GE(run.world().count_events(EventCode::SessionRefused), 1U);
  for (ClientIndex i = 0; i < options.population.accounts + options.population.anonymous; ++i) {
    EXPECT_EQ(run.world().client(i).times_up(), 1U) << i;
    EXPECT_GE(run.world().client(i).echoes_answered(), 10U) << i;
  }
}

}  // namespace run_test
}  // namespace tsp::sim
