// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/timers.h"

#include "adapters/sim/checkers/checkers_test_world.h"
#include "adapters/sim/gogoc_client.h"
#include "adapters/sim/peer.h"

namespace tsp::sim {
namespace timers_test {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::StartsWith;

class TimersTest : public Watched<Timers> {
 protected:
  // As the broker does when it takes the tunnel for idle.
  void remove_if_silent_for(Duration time) {
    execute(RemoveTunnel{.id = TunnelId{1}, .unless_seen_since = world.now() - time});
  }
  void hear_client() {
    const Bytes packet = make_echo_request(kInner, *parse_ipv6("2001:db8:ffff::1"), 1);
    arrive(kPath, packet);
    truth.on_inner_to_host(&kPath, packet);
  }
};

TEST_F(TimersTest, ADeadlineInThePastIsFound) {
  Peer(world, 40000).greet();
  checker.after_step();
  EXPECT_EQ(found(), "nothing");
  world.clocks().move_to(world.now() + minutes(10));
  checker.after_step();
  EXPECT_THAT(found(), StartsWith("invariant 18,"));
}

TEST_F(TimersTest, ABrokerThatIsDueAgainAndAgainIsFound) {
  Peer(world, 40000).greet();
  const auto deadline = world.broker().next_deadline();
  ASSERT_TRUE(deadline.has_value());
  world.clocks().move_to(*deadline);
  for (int i = 0; i < 1000; ++i) checker.after_step();
  EXPECT_EQ(found(), "nothing");
  checker.after_step();
  EXPECT_THAT(found(), StartsWith("invariant 18,"));
}

TEST_F(TimersTest, ATunnelThatEndsAfterItsIdleTimeIsRight) {
  establish(record_of(1, kAlice, kPath, kInner));
  hear_client();
  world.run_for(seconds(121));
  remove_if_silent_for(seconds(120));
  commit({EraseTunnel{.id = TunnelId{1}, .reason = EndReason::Idle}});
  EXPECT_EQ(found(), "nothing");
}

TEST_F(TimersTest, ATunnelThatIsToEndBeforeItsIdleTimeIsFound) {
  establish(record_of(1, kAlice, kPath, kInner));
  world.run_for(seconds(119));
  remove_if_silent_for(seconds(119));
  EXPECT_THAT(found(), StartsWith("invariant 19,"));
}

TEST_F(TimersTest, ATunnelThatEndsAlthoughItsClientWasHeardIsFound) {
  establish(record_of(1, kAlice, kPath, kInner));
  world.run_for(seconds(100));
  hear_client();
  world.run_for(seconds(30));
  remove_if_silent_for(seconds(120));
  EXPECT_THAT(found(), StartsWith("invariant 19,"));
}

TEST_F(TimersTest, ATunnelThatTheWorldHasTakenMayEnd) {
  establish(record_of(1, kAlice, kPath, kInner));
  world.run_for(seconds(100));
  hear_client();
  world.datapath().lose(TunnelId{1});
  world.run_for(seconds(30));
  remove_if_silent_for(seconds(120));
  commit({EraseTunnel{.id = TunnelId{1}, .reason = EndReason::Idle}});
  EXPECT_EQ(found(), "nothing");
}

TEST_F(TimersTest, ATunnelThatIsStruckAsIdleWithoutAQuestionIsFound) {
  establish(record_of(1, kAlice, kPath, kInner));
  commit({EraseTunnel{.id = TunnelId{1}, .reason = EndReason::Idle}});
  EXPECT_THAT(found(), StartsWith("invariant 19,"));
}

TEST_F(TimersTest, ATunnelThatIsSilentForTooLongIsOverdue) {
  establish(record_of(1, kAlice, kPath, kInner));
  world.run_for(minutes(2));
  hear_client();
  world.run_for(minutes(3));
  EXPECT_EQ(checker.find_overdue(), std::nullopt);
  world.run_for(seconds(1));
  EXPECT_TRUE(checker.find_overdue().has_value());
  EXPECT_EQ(found(), "nothing");
}

}  // namespace timers_test
}  // namespace tsp::sim
