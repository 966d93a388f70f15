// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/death.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "core/base/assert.h"

namespace tsp::broker_sim {
namespace death_test {

constexpr int kCrashed = 10;

// gtest reads what a dying process writes to its standard error.
void prepare() {
  prepare_for_death();
  begin_run("broker-sim --seed 1");
  report_death_to(STDERR_FILENO);
}

TEST(DeathOfARun, BySignalIsTold) {
  EXPECT_EXIT((prepare(), std::raise(SIGSEGV)), testing::ExitedWithCode(kCrashed), "SIGSEGV");
  EXPECT_EXIT((prepare(), std::raise(SIGPROF)), testing::ExitedWithCode(kCrashed), "does not come to an end");
}

TEST(DeathOfARun, ByAnAssertionIsTold) {
  EXPECT_EXIT((prepare(), assertion_failed("1 > 2", "file.cc", 3)), testing::ExitedWithCode(kCrashed),
              "1 > 2 \\(file.cc:3\\)");
}

TEST(DeathOfARun, HasTheReplayCommandAtItsEnd) {
  EXPECT_EXIT(
      {
        prepare_for_death();
        begin_run("broker-sim --seed 1");
        dup2(STDERR_FILENO, STDOUT_FILENO);
        std::raise(SIGSEGV);
      },
      testing::ExitedWithCode(kCrashed), "FAILED: SIGSEGV\nbroker-sim --seed 1\n");
}

}  // namespace death_test
}  // namespace tsp::broker_sim
