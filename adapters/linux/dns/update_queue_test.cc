// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/update_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/dns/dns_test_server.h"

namespace tsp::linux_::dns {
namespace update_queue_test {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Phase = OwnerState::Phase;

PlacedRrsets delegation(const std::string& name, const std::string& server = "ns.example") {
  return {{{name + ".ip6.arpa", RecordType::NS}, {.zone = "ip6.arpa", .data = {server}}}};
}

class Queue : public testing::Test {
 protected:
  OwnerState state(const std::string& owner) { return queue_.state(owner).value(); }
  Phase phase(const std::string& owner) { return state(owner).phase; }
  // Sets and answers.
  void settle(const std::string& owner, const PlacedRrsets& desired) {
    queue_.set(owner, desired);
    while (server_.is_asked()) server_.answer();
    server_.updates.clear();
  }

  FakeServer server_;
  FakeLink link_{server_};
  UpdateQueue queue_{link_, test_key(), {.owners_max = 3}};
};

TEST_F(Queue, AnUpdateIsSentAtOnceAndDoneWhenTheServerSaysSo) {
  queue_.set("a", delegation("1"));
  EXPECT_THAT(server_.updates, ElementsAre("ip6.arpa: -1.ip6.arpa/2 +1.ip6.arpa/2"));
  EXPECT_EQ(state("a"), OwnerState{});
  server_.answer();
  EXPECT_EQ(state("a"), (OwnerState{.phase = Phase::Done, .done_at = server_.now.wall, .error = {}}));
}

TEST_F(Queue, OneUpdateAtATimeInTheOrderOfTheWishes) {
  queue_.set("b", delegation("2"));
  queue_.set("a", delegation("1"));
  queue_.set("c", delegation("3"));
  for (int i = 0; i < 3; ++i) server_.answer();
  EXPECT_THAT(server_.updates, ElementsAre(HasSubstr("+2."), HasSubstr("+1."), HasSubstr("+3.")));
}

TEST_F(Queue, AWishThatIsFulfilledIsNotSentAgain) {
  settle("a", delegation("1"));
  queue_.set("a", delegation("1"));
  EXPECT_FALSE(server_.is_asked());
  EXPECT_EQ(phase("a"), Phase::Done);
}

TEST_F(Queue, AnotherListOfServersReplacesTheFirst) {
  settle("a", delegation("1"));
  queue_.set("a", delegation("1", "other.example"));
  EXPECT_THAT(server_.updates, ElementsAre("ip6.arpa: -1.ip6.arpa/2 +1.ip6.arpa/2"));
  EXPECT_EQ(phase("a"), Phase::Pending);
  EXPECT_TRUE(state("a").done_at);
}

TEST_F(Queue, WhatIsNotWantedAnyMoreIsRemoved) {
  settle("a", delegation("1"));
  queue_.set("a", delegation("2"));
  EXPECT_THAT(server_.updates, ElementsAre("ip6.arpa: -1.ip6.arpa/2 -2.ip6.arpa/2 +2.ip6.arpa/2"));
}

TEST_F(Queue, ARemovedOwnerIsForgottenWhenItsRecordsAreGone) {
  settle("a", delegation("1"));
  queue_.set("a", {});
  EXPECT_THAT(server_.updates, ElementsAre("ip6.arpa: -1.ip6.arpa/2"));
  EXPECT_EQ(phase("a"), Phase::Pending);
  server_.answer();
  EXPECT_FALSE(queue_.state("a"));
}

TEST_F(Queue, ALaterWishTakesThePlaceOfOneThatWaits) {
  queue_.set("a", delegation("1"));
  queue_.set("b", delegation("2"));
  queue_.set("b", delegation("3"));
  server_.answer();
  EXPECT_THAT(server_.updates, ElementsAre(HasSubstr("+1."), "ip6.arpa: -3.ip6.arpa/2 +3.ip6.arpa/2"));
}

TEST_F(Queue, AWishDuringAnUpdateFollowsItAndCleansUp) {
  queue_.set("a", delegation("1"));
  queue_.set("a", delegation("2"));
  server_.answer();
  EXPECT_EQ(phase("a"), Phase::Pending);
  EXPECT_EQ(server_.updates.at(1), "ip6.arpa: -1.ip6.arpa/2 -2.ip6.arpa/2 +2.ip6.arpa/2");
  server_.answer();
  EXPECT_EQ(phase("a"), Phase::Done);
}

TEST_F(Queue, AnOwnerThatIsRemovedBeforeItsTurnCostsNothing) {
  queue_.set("a", delegation("1"));
  queue_.set("b", delegation("2"));
  queue_.set("b", {});
  server_.answer();
  EXPECT_EQ(server_.updates.size(), 1U);
  EXPECT_FALSE(queue_.knows("b"));
}

TEST_F(Queue, AServerThatIsAwayIsAskedAgainAfterEverLongerPauses) {
  queue_.set("a", delegation("1"));
  std::vector<int> pauses;
  for (int i = 0; i < 12; ++i) {
    server_.fail("connection refused");
    EXPECT_FALSE(server_.is_asked());
    const Instant failed_at = server_.now.mono;
    while (!server_.is_asked()) server_.advance(milliseconds(500));
    pauses.push_back(static_cast<int>((server_.now.mono - failed_at) / seconds(1)));
  }
  EXPECT_THAT(pauses, ElementsAre(1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300));
  EXPECT_EQ(state("a"), (OwnerState{.phase = Phase::Pending, .done_at = {}, .error = "connection refused"}));
  server_.answer();
  EXPECT_EQ(state("a").error, "");
  EXPECT_EQ(phase("a"), Phase::Done);
}

TEST_F(Queue, WhileAServerIsAwayAllWaitTogetherAndSayWhy) {
  queue_.set("a", delegation("1"));
  server_.fail("no route");
  queue_.set("b", delegation("2"));
  EXPECT_EQ(server_.updates.size(), 1U);
  EXPECT_EQ(state("b").error, "no route");
  server_.advance(seconds(1));
  EXPECT_EQ(server_.updates.size(), 2U);
  server_.answer();
  EXPECT_THAT(server_.updates.back(), HasSubstr("+2."));
  EXPECT_EQ(state("b").error, "");
}

TEST_F(Queue, AServerThatCameBackStartsAtTheShortestPauseAgain) {
  queue_.set("a", delegation("1"));
  server_.fail("x");
  server_.advance(seconds(1));
  server_.fail("x");
  server_.advance(seconds(2));
  server_.answer();
  queue_.set("b", delegation("2"));
  server_.fail("x");
  server_.advance(seconds(1));
  EXPECT_TRUE(server_.is_asked());
}

TEST_F(Queue, AnOwnerWhoseUpdateFailsDoesNotHoldUpTheOthers) {
  queue_.set("a", delegation("1"));
  queue_.set("b", delegation("2"));
  server_.answer(2);
  EXPECT_THAT(state("a").error, HasSubstr("SERVFAIL"));
  EXPECT_THAT(server_.updates.back(), HasSubstr("+2."));
  server_.answer();
  EXPECT_EQ(phase("b"), Phase::Done);
  EXPECT_EQ(phase("a"), Phase::Pending);
  server_.advance(milliseconds(999));
  EXPECT_FALSE(server_.is_asked());
  server_.advance(milliseconds(1));
  server_.answer(2);
  server_.advance(milliseconds(1999));
  EXPECT_FALSE(server_.is_asked());
  server_.advance(milliseconds(1));
  server_.answer();
  EXPECT_EQ(phase("a"), Phase::Done);
}

TEST_F(Queue, ARefusedUpdateIsNotTriedAgainUntilSomebodyAsks) {
  queue_.set("a", delegation("1"));
  server_.answer(5);
  EXPECT_EQ(phase("a"), Phase::Refused);
  EXPECT_THAT(state("a").error, HasSubstr("zone ip6.arpa: REFUSED"));
  server_.advance(minutes(60));
  EXPECT_FALSE(server_.is_asked());
  queue_.retry();
  server_.answer(5);
  queue_.set("a", delegation("1"));
  server_.answer();
  EXPECT_EQ(phase("a"), Phase::Done);
}

TEST_F(Queue, ARetryDoesNotWaitForThePauseToPass) {
  queue_.set("a", delegation("1"));
  server_.fail("down");
  queue_.retry();
  EXPECT_TRUE(server_.is_asked());
}

TEST_F(Queue, AnAnswerThatIsNotGenuineLeavesTheUpdatePending) {
  queue_.set("a", delegation("1"));
  server_.answer_with(Bytes{1, 2, 3});
  EXPECT_THAT(state("a").error, HasSubstr("cannot be read"));
  EXPECT_EQ(phase("a"), Phase::Pending);
  server_.advance(seconds(1));
  Bytes forged = make_signed_answer(server_.request, 0, 1'700'000'001);
  forged.at(forged.size() - 10) ^= 1;
  server_.answer_with(forged);
  EXPECT_THAT(state("a").error, HasSubstr("signature is wrong"));
}

TEST_F(Queue, ALateRemovalDoesNotTouchWhatANewOwnerHas) {
  settle("old", delegation("1"));
  queue_.set("new", delegation("1", "new.example"));
  queue_.set("old", {});
  server_.answer();
  EXPECT_FALSE(queue_.knows("old"));
  EXPECT_EQ(phase("new"), Phase::Done);
  EXPECT_EQ(server_.updates.size(), 1U);
}

TEST_F(Queue, ARemovalThatFailedDoesNotHitTheNextOwner) {
  settle("old", delegation("1"));
  queue_.set("old", {});
  server_.answer(2);
  queue_.set("new", delegation("1", "new.example"));
  server_.answer();
  server_.advance(seconds(1));
  EXPECT_FALSE(server_.is_asked());
  EXPECT_FALSE(queue_.knows("old"));
}

TEST_F(Queue, RecordsOfAnEarlierRunAreRemoved) {
  queue_.set("a", {}, delegation("1"));
  EXPECT_THAT(server_.updates, ElementsAre("ip6.arpa: -1.ip6.arpa/2"));
  server_.answer();
  EXPECT_FALSE(queue_.knows("a"));
}

TEST_F(Queue, ManyRecordsAreSentInSeveralMessagesOneAfterTheOther) {
  PlacedRrsets many;
  for (int i = 0; i < 400; ++i) many.merge(delegation("h" + std::to_string(i)));
  queue_.set("a", many);
  int answers = 0;
  for (; server_.is_asked(); ++answers) {
    EXPECT_LE(server_.request.size(), 16384U);
    EXPECT_EQ(phase("a"), Phase::Pending);
    server_.answer();
  }
  EXPECT_GT(answers, 1);
  EXPECT_EQ(phase("a"), Phase::Done);
}

TEST_F(Queue, EachZoneHasAMessageOfItsOwn) {
  PlacedRrsets both = delegation("1");
  both.insert({{"a.example", RecordType::AAAA}, {.zone = "example", .data = {IPv6Address{}}}});
  queue_.set("a", both);
  server_.answer();
  server_.answer();
  EXPECT_THAT(server_.updates,
              ElementsAre("example: -a.example/28 +a.example/28", "ip6.arpa: -1.ip6.arpa/2 +1.ip6.arpa/2"));
}

TEST_F(Queue, HasRoomForAsManyOwnersAsConfigured) {
  queue_.set("a", delegation("1"));
  queue_.set("b", delegation("2"));
  EXPECT_TRUE(queue_.has_room_for("c"));
  queue_.set("c", delegation("3"));
  EXPECT_FALSE(queue_.has_room_for("d"));
  EXPECT_TRUE(queue_.has_room_for("a"));
}

}  // namespace update_queue_test
}  // namespace tsp::linux_::dns
