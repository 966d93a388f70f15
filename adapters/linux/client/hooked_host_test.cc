// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/hooked_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/client/client_test_script.h"
#include "core/client/test_support.h"

namespace tsp::linux_ {
namespace hooked_host_test {

using client::testing::ipv6;
using client::testing::some_offer;
using testing::ElementsAre;

Offer other_offer() {
  Offer offer = some_offer();
  offer.client_inner = ipv6("2001:db8:0:100::3");
  return offer;
}

class HookedHostTest : public testing::Test {
 protected:
  // Everything that is done comes into `log`, in order.
  HookedHost make() {
    return {io,
            host,
            {.up = [this](const Offer& offer) -> std::expected<void, std::string> {
               log.push_back("set up " + to_text(offer.client_inner));
               if (broken) return std::unexpected("no device");
               return {};
             },
             .down = [this] { log.emplace_back("take back"); },
             .failed = [this](const std::string& reason) { log.push_back("failed: " + reason); },
             .hook_ended =
                 [this](const HookResult& result) {
                   for (const std::string& line : result.output) log.push_back(line);
                   if (!result.problem.empty()) log.push_back(result.problem);
                 }}};
  }
  void hook(const std::string& body, HookMode mode = HookMode::Notify) {
    host.hook = scripts.make(body);
    host.hook.mode = mode;
  }
  void wait() {
    io.restart();
    io.run_for(std::chrono::seconds(30));
  }

  asio::io_context io;
  test::Scripts scripts;
  HostOptions host;
  bool broken = false;
  std::vector<std::string> log;
};

constexpr const char* kTell = "echo \"$TSP_CONNECT_EVENT $TSP_CLIENT_ADDRESS_IPV6\"";

TEST_F(HookedHostTest, WithoutAHookEverythingIsDoneAtOnce) {
  HookedHost changes = make();

  changes.up(some_offer());
  changes.up(other_offer());
  changes.down();

  EXPECT_THAT(log, ElementsAre("set up 2001:db8:0:100::2", "set up 2001:db8:0:100::3", "take back"));
}

TEST_F(HookedHostTest, HookIsToldAfterTheHostIsSetUpAndBeforeItIsTakenBack) {
  hook(kTell);
  HookedHost changes = make();

  changes.up(some_offer());
  wait();
  changes.down();
  wait();

  EXPECT_THAT(log,
              ElementsAre("set up 2001:db8:0:100::2", "up 2001:db8:0:100::2", "down 2001:db8:0:100::2", "take back"));
}

TEST_F(HookedHostTest, AnotherTunnelWaitsUntilTheHookKnowsThatTheOldOneGoesDown) {
  hook(kTell);
  HookedHost changes = make();
  changes.up(some_offer());
  wait();
  log.clear();

  changes.up(other_offer());
  wait();

  EXPECT_THAT(log,
              ElementsAre("down 2001:db8:0:100::2", "take back", "set up 2001:db8:0:100::3", "up 2001:db8:0:100::3"));
}

TEST_F(HookedHostTest, HookNeverRunsTwiceAtATime) {
  hook("mkdir " + (scripts.folder() / "lock").string() + " || exit 9; sleep 0.3; rmdir " +
       (scripts.folder() / "lock").string() + "; " + kTell);
  HookedHost changes = make();

  changes.up(some_offer());
  changes.up(other_offer());
  changes.down();
  changes.up(other_offer());
  wait();

  EXPECT_THAT(log, ElementsAre("set up 2001:db8:0:100::2", "up 2001:db8:0:100::2", "down 2001:db8:0:100::2",
                               "take back", "set up 2001:db8:0:100::3", "up 2001:db8:0:100::3"));
}

TEST_F(HookedHostTest, TunnelThatIsGivenUpBeforeItsTurnIsNeverSetUp) {
  hook(std::string("sleep 0.2; ") + kTell);
  HookedHost changes = make();
  changes.up(some_offer());
  changes.up(other_offer());
  changes.down();
  wait();

  EXPECT_THAT(log,
              ElementsAre("set up 2001:db8:0:100::2", "up 2001:db8:0:100::2", "down 2001:db8:0:100::2", "take back"));
}

TEST_F(HookedHostTest, TunnelThatComesBackWhileTheHookIsToldOfItIsNotToldAgain) {
  hook(std::string("sleep 0.2; ") + kTell);
  HookedHost changes = make();
  changes.up(some_offer());
  changes.down();
  changes.up(some_offer());
  wait();

  EXPECT_THAT(log, ElementsAre("set up 2001:db8:0:100::2", "set up 2001:db8:0:100::2", "up 2001:db8:0:100::2"));
}

TEST_F(HookedHostTest, RenewedTunnelThatIsTheSameForTheHookDoesNotConcernIt) {
  hook(std::string("sleep 0.2; ") + kTell);
  HookedHost changes = make();
  changes.up(some_offer());
  Offer renewed = some_offer();
  renewed.lifetime_minutes = 7;

  changes.up(renewed);
  EXPECT_THAT(log, ElementsAre("set up 2001:db8:0:100::2", "set up 2001:db8:0:100::2"));  // it does not wait either
  wait();

  EXPECT_EQ(log.back(), "up 2001:db8:0:100::2");
  EXPECT_EQ(log.size(), 3U);
}

TEST_F(HookedHostTest, HookThatIsOnlyToldCannotEndTheTunnel) {
  hook("exit 3");
  HookedHost changes = make();

  changes.up(some_offer());
  wait();

  EXPECT_THAT(log, ElementsAre("set up 2001:db8:0:100::2", "exit code 3"));
}

TEST_F(HookedHostTest, HookThatConfiguresAndFailsEndsTheTunnelAndCleansUp) {
  hook(std::string(kTell) + "; test $TSP_CONNECT_EVENT = down", HookMode::Configure);
  HookedHost changes = make();

  changes.up(some_offer());
  wait();
  changes.down();
  wait();

  EXPECT_THAT(log,
              ElementsAre("set up 2001:db8:0:100::2", "up 2001:db8:0:100::2", "exit code 1",
                          "failed: the hook could not set it up: exit code 1", "down 2001:db8:0:100::2", "take back"));
}

TEST_F(HookedHostTest, HookIsNotToldOfATunnelThatCouldNotBeSetUp) {
  hook(kTell);
  broken = true;
  HookedHost changes = make();

  changes.up(some_offer());
  changes.down();
  wait();

  EXPECT_THAT(log, ElementsAre("set up 2001:db8:0:100::2", "failed: no device", "take back"));
}

TEST_F(HookedHostTest, HookThatStillRunsDiesWithTheProgram) {
  hook("echo $$ >%F; exec sleep 1000");
  {
    HookedHost changes = make();
    changes.up(some_offer());
    while (scripts.written().empty()) usleep(10'000);
  }

  EXPECT_NE(kill(std::stoi(scripts.written()), 0), 0);
  EXPECT_THAT(log, ElementsAre("set up 2001:db8:0:100::2"));
}

}  // namespace hooked_host_test
}  // namespace tsp::linux_
