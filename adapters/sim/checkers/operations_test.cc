// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/operations.h"

#include "adapters/sim/checkers/checkers_test_world.h"
#include "adapters/sim/gogoc_client.h"

namespace tsp::sim {
namespace operations_test {

using std::chrono::seconds;
using testing::StartsWith;

class OperationsTest : public Watched<Operations> {
 protected:
  void install_order(const TunnelRecord& tunnel) { order(DatapathOrder{InstallTunnel{.spec = spec_of(tunnel)}}); }
  void event(EventCode code) { order(Event{.code = code, .tunnel = TunnelId{1}}); }
  void restart() {
    truth.on_crash();
    checker.on_crash();
    truth.on_start();
    checker.on_start();
  }
  void answer_usage(std::uint64_t packets, Instant last_seen) {
    hear(DatapathDone{.usages = {{.id = TunnelId{1}, .last_seen = last_seen, .packets_up = packets}}});
  }
};

TEST_F(OperationsTest, AnOrderAfterTheLastOneIsFound) {
  hear(StopRequested{});
  order(Stopped{});
  EXPECT_EQ(found(), "nothing");
  order(DatapathOrder{ListTunnels{}});
  EXPECT_THAT(found(), StartsWith("invariant 25,"));
}

TEST_F(OperationsTest, AStopThatNobodyAskedForIsFound) {
  order(Stopped{});
  EXPECT_THAT(found(), StartsWith("invariant 25,"));
}

TEST_F(OperationsTest, ADrainedBrokerStopsByItself) {
  hear(AdminRequest{RequestId{1}, DrainRequest{}});
  event(EventCode::Drained);
  order(Stopped{});
  EXPECT_EQ(found(), "nothing");
}

TEST_F(OperationsTest, ADrainThatNobodyAskedForIsFound) {
  hear(AdminRequest{RequestId{1}, DrainRequest{}});
  hear(AdminRequest{RequestId{2}, UndrainRequest{}});
  event(EventCode::Drained);
  EXPECT_THAT(found(), StartsWith("invariant 25,"));
}

TEST_F(OperationsTest, AReloadThatTouchesATunnelIsFound) {
  install_order(record_of(1, kAlice, kPath, kInner));
  hear(ConfigChanged{});
  order(Event{.code = EventCode::SessionRefused});
  EXPECT_EQ(found(), "nothing");
  install_order(record_of(1, kAlice, kPath, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 25,"));
}

TEST_F(OperationsTest, WhatIsOrderedAfterAReloadForOtherReasonsIsRight) {
  hear(ConfigChanged{});
  hear(StoreDone{});
  install_order(record_of(1, kAlice, kPath, kInner));
  EXPECT_EQ(found(), "nothing");
}

TEST_F(OperationsTest, ANewLifeBeginsAfterAStop) {
  hear(StopRequested{});
  order(Stopped{});
  restart();
  order(DatapathOrder{ListTunnels{}});
  install_order(record_of(1, kAlice, kPath, kInner));
  EXPECT_EQ(found(), "nothing");
}

TEST_F(OperationsTest, WhatWasAcceptedBeforeTheStopIsBroughtToItsEnd) {
  const TunnelRecord known = record_of(1, kBob, kOtherPath, kOtherInner);
  record(known);
  arrive(kPath, datagram(0xF4, kAccept));
  hear(StopRequested{});
  install_order(record_of(2, kAlice, kPath, kInner));
  install_order(known);
  leave(kPath, datagram(0xF4, ""));
  EXPECT_EQ(found(), "nothing");
  install_order(record_of(3, kAlice, kPath, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 25,"));
}

TEST_F(OperationsTest, WhatTheDatapathLosesWhileStoppingMayBePutBack) {
  arrive(kPath, datagram(0xF4, kAccept));
  hear(StopRequested{});
  install_order(record_of(2, kAlice, kPath, kInner));
  leave(kPath, datagram(0xF4, ""));
  install_order(record_of(2, kAlice, kPath, kInner));
  EXPECT_EQ(found(), "nothing");
}

TEST_F(OperationsTest, ATunnelWithoutPortsIsInstalledForWhomAnAnswerIsOwed) {
  FourTuple bare = kPath;
  bare.remote.port = bare.local.port = 0;
  arrive(kPath, datagram(0xF4, kAccept));
  hear(StopRequested{});
  install_order(record_of(2, kAlice, bare, kInner));
  EXPECT_EQ(found(), "nothing");
}

TEST_F(OperationsTest, ADamagedCopyAfterTheStopIsNotWhatIsAnswered) {
  arrive(kPath, datagram(0xF4, kAccept));
  hear(StopRequested{});
  arrive(kPath, datagram(0xF4, "Content-length: 35\r\n<tunnel action=\"accept\">"));
  leave(kPath, datagram(0xF4, ""));
  EXPECT_EQ(found(), "nothing");
}

TEST_F(OperationsTest, AnAnswerToWhatWasSaidAfterTheStopIsFound) {
  hear(StopRequested{});
  converse(kPath, 0xF0, "VERSION=2.0.2\r\n", "CAPABILITY\r\n");
  EXPECT_THAT(found(), StartsWith("invariant 25,"));
}

TEST_F(OperationsTest, ATunnelThatComesUpTwiceIsFound) {
  event(EventCode::TunnelUp);
  event(EventCode::TunnelDown);
  EXPECT_EQ(found(), "nothing");
  event(EventCode::TunnelUp);
  EXPECT_THAT(found(), StartsWith("invariant 26,"));
}

TEST_F(OperationsTest, ATunnelThatGoesDownTwiceIsFound) {
  record(record_of(1, kAlice, kPath, kInner));
  restart();
  event(EventCode::TunnelDown);
  EXPECT_EQ(found(), "nothing") << "it was up in an earlier life";
  event(EventCode::TunnelDown);
  EXPECT_THAT(found(), StartsWith("invariant 26,"));
}

TEST_F(OperationsTest, ATunnelThatGoesDownAndNeverWasUpIsFound) {
  event(EventCode::TunnelDown);
  EXPECT_THAT(found(), StartsWith("invariant 26,"));
}

TEST_F(OperationsTest, ATunnelThatHasEndedAndIsBackIsFound) {
  record(record_of(1, kAlice, kPath, kInner));
  commit({EraseTunnel{.id = TunnelId{1}}});
  commit({EraseTunnel{.id = TunnelId{1}}});
  EXPECT_EQ(found(), "nothing") << "the second one changes nothing";
  record(record_of(1, kAlice, kPath, kInner));
  EXPECT_THAT(found(), StartsWith("invariant 26,"));
}

TEST_F(OperationsTest, CountsThatGoBackAreFound) {
  establish(record_of(1, kAlice, kPath, kInner));
  for (int i = 0; i < 5; ++i) arrive(kPath, make_echo_request(kInner, kOtherInner, 1));
  answer_usage(5, world.now());
  world.run_for(seconds(1));
  answer_usage(0, world.now());
  EXPECT_EQ(found(), "nothing") << "they began again";
  answer_usage(2, world.now());
  world.run_for(seconds(1));
  answer_usage(1, world.now() - seconds(1));
  EXPECT_EQ(found(), "nothing") << "it may have been at that very moment";
  answer_usage(0, world.now() - seconds(1));
  EXPECT_THAT(found(), StartsWith("invariant 26,"));
}

TEST_F(OperationsTest, PacketsThatNeverWereAreFound) {
  establish(record_of(1, kAlice, kPath, kInner));
  arrive(kPath, make_echo_request(kInner, kOtherInner, 1));
  answer_usage(1, world.now());
  EXPECT_EQ(found(), "nothing");
  answer_usage(2, world.now());
  EXPECT_THAT(found(), StartsWith("invariant 26,"));
}

}  // namespace operations_test
}  // namespace tsp::sim
