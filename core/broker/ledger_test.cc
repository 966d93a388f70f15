// SPDX-License-Identifier: Apache-2.0
#include "core/broker/ledger.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace tsp::broker {
namespace ledger_test {

using std::chrono::seconds;

constexpr Instant kStart{seconds(100)};
const IPv6Prefix kPrefix = *parse_prefix("2001:db8:1::/48");
const IPv6Prefix kOther = *parse_prefix("2001:db8:2::/48");

OpId op_of(const std::optional<StoreOrder>& order) {
  return std::visit([](const auto& known) { return known.op; }, order.value());
}

CommitChanges erase(std::vector<IPv6Prefix> prefixes) {
  CommitChanges commit;
  for (const IPv6Prefix& prefix : prefixes) commit.changes.emplace_back(WithdrawClaim{.prefix = prefix, .broker = {}});
  return commit;
}

class LedgerTest : public testing::Test {
 protected:
  void begin(StoreOrder order, std::string name, std::optional<Instant> give_up = std::nullopt) {
    ledger.begin(std::move(order), [this, name](const StoreDone&) { told += name + " "; }, give_up);
  }
  void finish(OpId op) {
    if (const auto then = ledger.finish_store(op)) then(StoreDone{});
  }

  Ledger ledger;
  std::string told;
};

TEST_F(LedgerTest, AnOrderIsReadyOnceAndCarriesItsId) {
  begin(FindAccount{.op = {}, .login = "alice"}, "find");
  const auto order = ledger.take_ready();
  ASSERT_TRUE(order.has_value());
  EXPECT_NE(op_of(order).value, 0U);
  EXPECT_EQ(ledger.take_ready(), std::nullopt);
  EXPECT_NE(ledger.find_store(op_of(order)), nullptr);
}

TEST_F(LedgerTest, ACompletionIsToldOnceAndTheEntryIsGone) {
  begin(ProbeStore{}, "probe");
  const OpId op = op_of(ledger.take_ready());
  finish(op);
  EXPECT_EQ(told, "probe ");
  EXPECT_EQ(ledger.find_store(op), nullptr);
  EXPECT_EQ(ledger.size(), 0U);
}

TEST_F(LedgerTest, CommitsOfTheSameClaimWaitForEachOther) {
  begin(erase({kPrefix}), "first");
  begin(erase({kPrefix}), "second");
  begin(erase({kOther}), "other");
  const OpId first = op_of(ledger.take_ready());
  const OpId other = op_of(ledger.take_ready());
  EXPECT_EQ(ledger.take_ready(), std::nullopt);
  finish(other);
  EXPECT_EQ(ledger.take_ready(), std::nullopt);
  finish(first);
  finish(op_of(ledger.take_ready()));
  EXPECT_EQ(told, "other first second ");
}

TEST_F(LedgerTest, ACommitWaitsForAllItsClaims) {
  begin(erase({kPrefix}), "first");
  begin(erase({kOther}), "second");
  begin(erase({kPrefix, kOther}), "both");
  const OpId first = op_of(ledger.take_ready());
  const OpId second = op_of(ledger.take_ready());
  finish(first);
  EXPECT_EQ(ledger.take_ready(), std::nullopt);
  finish(second);
  EXPECT_TRUE(ledger.take_ready().has_value());
}

TEST_F(LedgerTest, AParkedCommitKeepsItsPlaceInLine) {
  begin(erase({kPrefix}), "first");
  begin(erase({kPrefix}), "second");
  ledger.park(op_of(ledger.take_ready()));
  EXPECT_EQ(ledger.take_ready(), std::nullopt);
  ledger.retry_parked();
  finish(op_of(ledger.take_ready()));
  EXPECT_EQ(told, "first ");
  finish(op_of(ledger.take_ready()));
  EXPECT_EQ(told, "first second ");
}

TEST_F(LedgerTest, AnOrderThatIsTriedAgainHasANewId) {
  begin(ProbeStore{}, "probe");
  const OpId before = op_of(ledger.take_ready());
  ledger.park(before);
  ledger.retry_parked();
  EXPECT_GT(op_of(ledger.take_ready()), before);
  EXPECT_EQ(ledger.find_store(before), nullptr);
}

TEST_F(LedgerTest, WhoeverWaitsIsToldWhenHisTimeIsOverAndMakesRoomForTheNext) {
  begin(erase({kPrefix}), "first", kStart + seconds(60));
  begin(erase({kPrefix}), "second");
  ledger.park(op_of(ledger.take_ready()));
  EXPECT_FALSE(ledger.take_given_up(kStart + seconds(59)).has_value());
  EXPECT_TRUE(ledger.take_given_up(kStart + seconds(60)).has_value());
  EXPECT_TRUE(ledger.take_ready().has_value());
}

TEST_F(LedgerTest, AnOrderGivenUpUnderWayStillHoldsItsPlaceAndTellsNobody) {
  begin(erase({kPrefix}), "first", kStart);
  begin(erase({kPrefix}), "second");
  const OpId op = op_of(ledger.take_ready());
  EXPECT_TRUE(ledger.take_given_up(kStart).has_value());
  EXPECT_EQ(ledger.take_ready(), std::nullopt);
  EXPECT_FALSE(static_cast<bool>(ledger.finish_store(op)));
  EXPECT_TRUE(ledger.take_ready().has_value());
}

TEST_F(LedgerTest, ParkingWhatWasGivenUpForgetsIt) {
  begin(ProbeStore{}, "probe", kStart);
  const OpId op = op_of(ledger.take_ready());
  EXPECT_TRUE(ledger.take_given_up(kStart).has_value());
  ledger.park(op);
  EXPECT_EQ(ledger.size(), 0U);
}

TEST_F(LedgerTest, AnUnknownDatapathOrderHasNoContinuation) {
  const OpId op = ledger.begin([](const DatapathDone&) {});
  EXPECT_TRUE(static_cast<bool>(ledger.finish_datapath(op)));
  EXPECT_FALSE(static_cast<bool>(ledger.finish_datapath(op)));
}

}  // namespace ledger_test
}  // namespace tsp::broker
