// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/hook_run.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>

#include "adapters/linux/client/client_test_script.h"
#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {
namespace hook_run_test {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::EndsWith;
using testing::Ge;
using testing::HasSubstr;
using testing::Lt;
using testing::SizeIs;

class HookRunTest : public testing::Test {
 protected:
  HookResult run(const HookOptions& hook, const std::vector<std::string>& environment = {"PATH=/usr/bin:/bin"}) {
    asio::io_context io;
    HookResult result;
    int ends = 0;
    const HookRun under_test(io, hook, HookEvent::Up, environment, [&](HookResult what) {
      result = std::move(what);
      ++ends;
    });
    io.run_for(std::chrono::seconds(30));
    EXPECT_EQ(ends, 1);
    return result;
  }
  HookResult run(const std::string& body) { return run(scripts_.make(body)); }

  test::Scripts scripts_;
};

TEST_F(HookRunTest, WhatAHookWritesComesBackInLines) {
  const HookResult result = run("echo one; echo two >&2; printf three");

  EXPECT_EQ(result.problem, "");
  EXPECT_THAT(result.output, ElementsAre("one", "two", "three"));
  EXPECT_FALSE(result.output_cut);
}

TEST_F(HookRunTest, EnvironmentIsWhatItWasGivenAndNothingElse) {
  setenv("SECRET_OF_THE_TEST", "1", 1);
  HookOptions hook = scripts_.make("");
  hook.program = "/usr/bin/env";

  EXPECT_THAT(run(hook, {"A=1", "B=two words; and $more"}).output, ElementsAre("A=1", "B=two words; and $more"));
}

TEST_F(HookRunTest, NoDescriptorButTheThreeUsualOnesIsHandedOver) {
  const FileDescriptor secret(open("/dev/zero", O_RDONLY));  // without O_CLOEXEC, as one of --password-fd

  EXPECT_EQ(run("readlink /proc/$$/fd/* | grep -c zero; readlink /proc/$$/fd/0; pwd").output,
            (std::vector<std::string>{"0", "/dev/null", "/"}));
}

TEST_F(HookRunTest, SignalsThatAreIgnoredHereAreNotIgnoredThere) {
  std::signal(SIGPIPE, SIG_IGN);

  EXPECT_THAT(run("kill -PIPE $$; echo survived").problem, HasSubstr("signal 13"));
}

TEST_F(HookRunTest, ExitCodeIsTold) {
  EXPECT_EQ(run("exit 3").problem, "exit code 3");
}

TEST_F(HookRunTest, WhatCannotBeStartedIsTold) {
  HookOptions hook = scripts_.make("");
  hook.program += ".gone";
  EXPECT_EQ(run(hook).problem, "cannot be started: No such file or directory");
  EXPECT_EQ(run("").problem, "");
  hook = scripts_.make("");
  std::ofstream(hook.program) << "no program\n";
  EXPECT_EQ(run(hook).problem, "cannot be started: Exec format error");
}

TEST_F(HookRunTest, WhoDoesNotEndIsKilledWithItsChildren) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // who loses its parent becomes ours
  HookOptions hook = scripts_.make("trap '' TERM; echo waiting; sleep 1000 & echo $! >%F; wait");
  hook.patience = std::chrono::seconds(1);

  const HookResult result = run(hook);

  EXPECT_EQ(result.problem, "killed because it did not end within 1 s");
  EXPECT_THAT(result.output, ElementsAre("waiting"));
  EXPECT_THAT(result.took, AllOf(Ge(std::chrono::seconds(1)), Lt(std::chrono::seconds(5))));
  int status = 0;
  ASSERT_GT(waitpid(std::stoi(scripts_.written()), &status, 0), 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST_F(HookRunTest, WhatStaysInTheBackgroundIsNotWaitedForAndNotKilled) {
  const HookResult result = run("sleep 1000 & echo $! >%F; echo done");

  EXPECT_THAT(result.output, ElementsAre("done"));
  EXPECT_LT(result.took, std::chrono::seconds(10));
  EXPECT_EQ(kill(std::stoi(scripts_.written()), SIGKILL), 0);
}

TEST_F(HookRunTest, OutputIsBounded) {
  const HookResult lines = run("yes | head -n 1000");
  EXPECT_EQ(lines.problem, "");
  EXPECT_TRUE(lines.output_cut);
  EXPECT_THAT(lines.output, AllOf(SizeIs(kHookOutputLinesMax), Each("y")));

  const HookResult one_line = run("head -c 1000000 /dev/zero | tr '\\0' x");
  EXPECT_EQ(one_line.problem, "");
  EXPECT_TRUE(one_line.output_cut);
  EXPECT_THAT(one_line.output, ElementsAre(std::string(kHookOutputBytesMax, 'x')));
}

TEST_F(HookRunTest, LastWordsAreNotLost) {
  for (int round = 0; round < 20; ++round) {
    EXPECT_THAT(run("echo first; echo last; exit 1").output.back(), EndsWith("last"));
  }
}

}  // namespace hook_run_test
}  // namespace tsp::linux_
