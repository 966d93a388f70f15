// SPDX-License-Identifier: Apache-2.0
#include "core/broker/ledger.h"

#include <gtest/gtest.h>

#include <chrono>

namespace tsp::broker {
namespace {

using std::chrono::seconds;

constexpr Instant kStart{seconds(100)};

TEST(Ledger, TheOrderCarriesItsId) {
  Ledger ledger;
  const OpId op = ledger.begin(FindAccount{.op = {}, .login = "alice"}, [](const StoreDone&) {}, std::nullopt);
  EXPECT_EQ(std::get<FindAccount>(ledger.order(op)).op, op);
}

TEST(Ledger, ACompletionIsDeliveredOnceAndTheEntryIsGone) {
  Ledger ledger;
  int told = 0;
  const OpId op = ledger.begin(ProbeStore{}, [&](const StoreDone&) { ++told; }, std::nullopt);
  ledger.finish_store(op)(StoreDone{});
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(ledger.is_store(op));
  EXPECT_EQ(ledger.size(), 0U);
}

TEST(Ledger, ParkedOrdersComeBackInTheirOldOrderUnderNewIds) {
  Ledger ledger;
  const OpId first = ledger.begin(FindAccount{.op = {}, .login = "first"}, [](const StoreDone&) {}, std::nullopt);
  const OpId second = ledger.begin(FindAccount{.op = {}, .login = "second"}, [](const StoreDone&) {}, std::nullopt);
  ledger.park(second);
  ledger.park(first);

  const std::vector<OpId> again = ledger.unpark();

  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(std::get<FindAccount>(ledger.order(again[0])).login, "first");
  EXPECT_EQ(std::get<FindAccount>(ledger.order(again[1])).login, "second");
  EXPECT_GT(again[0], second);
  EXPECT_EQ(ledger.size(), 2U);
}

TEST(Ledger, WhoeverWaitsForAParkedOrderIsToldWhenHisTimeIsOver) {
  Ledger ledger;
  const OpId op = ledger.begin(ProbeStore{}, [](const StoreDone&) {}, kStart + seconds(60));
  ledger.park(op);
  EXPECT_FALSE(ledger.take_given_up(kStart + seconds(59)).has_value());
  EXPECT_TRUE(ledger.take_given_up(kStart + seconds(60)).has_value());
  EXPECT_EQ(ledger.size(), 0U);
}

TEST(Ledger, AnOrderGivenUpInFlightStillAwaitsItsCompletionAndTellsNobody) {
  Ledger ledger;
  const OpId op = ledger.begin(ProbeStore{}, [](const StoreDone&) {}, kStart);
  EXPECT_TRUE(ledger.take_given_up(kStart).has_value());
  EXPECT_EQ(ledger.size(), 1U);
  EXPECT_FALSE(static_cast<bool>(ledger.finish_store(op)));
  EXPECT_EQ(ledger.size(), 0U);
}

TEST(Ledger, ParkingWhatWasGivenUpForgetsIt) {
  Ledger ledger;
  const OpId op = ledger.begin(ProbeStore{}, [](const StoreDone&) {}, kStart);
  EXPECT_TRUE(ledger.take_given_up(kStart).has_value());
  ledger.park(op);
  EXPECT_EQ(ledger.size(), 0U);
}

TEST(Ledger, TheTimeToGiveUpSurvivesBeingParked) {
  Ledger ledger;
  const OpId op = ledger.begin(ProbeStore{}, [](const StoreDone&) {}, kStart + seconds(60));
  ledger.park(op);
  EXPECT_EQ(ledger.unpark().size(), 1U);
  EXPECT_EQ(ledger.next_give_up(), kStart + seconds(60));
}

}  // namespace
}  // namespace tsp::broker
