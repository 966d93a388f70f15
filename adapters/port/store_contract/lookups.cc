// SPDX-License-Identifier: Apache-2.0
//
// Who has an address or a prefix, and who had it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "adapters/port/store_contract/store_contract.h"

namespace tsp::port {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(LookupsContract, ATunnelThatHasEndedIsFoundAsItWas) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);
  TunnelRecord record = tunnel({0x1F'FFFF'FFFF'FFFF}, kAlice, kOtherBroker);
  record.delegated = prefix("2001:db8:100::/56");
  ASSERT_EQ(commit({PutTunnel{record}}), StoreStatus::Done);
  ASSERT_EQ(commit({EraseTunnel{record.id, EndReason::Idle, at_second(1'764'000'009)}}), StoreStatus::Done);
  ASSERT_EQ(commit({DeleteAccount{kAlice}}), StoreStatus::Done);
  harness_->reopen();

  const std::vector<HistoryEntry> found = history({.login = "alice"});

  ASSERT_EQ(found.size(), 1U);
  EXPECT_GT(found[0].entry, 0U);
  EXPECT_EQ(found[0].reason, EndReason::Idle);
  EXPECT_EQ(found[0].ended, at_second(1'764'000'009));
  const TunnelRecord& there = found[0].tunnel;
  EXPECT_EQ(there.id, record.id);
  EXPECT_EQ(there.account, kAlice);
  EXPECT_EQ(there.login, "alice");
  EXPECT_EQ(there.broker, kOtherBroker);
  EXPECT_EQ(there.type, record.type);
  EXPECT_EQ(there.path, record.path);
  EXPECT_EQ(there.inner, record.inner);
  EXPECT_EQ(there.delegated, record.delegated);
  EXPECT_EQ(there.created, record.created);
}

TEST_P(LookupsContract, WhoHadAnAddressIsFoundByItAndByWhatIsAround) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, AddAccount{account(kBob, "bob")}}), StoreStatus::Done);
  had(1, kAlice, "2001:db8::5", "2001:db8:1:0::/56", 10, 20);
  had(2, kBob, "2001:db8::6", "2001:db8:1:100::/64", 10, 20);
  had(3, kBob, "2001:db8::5", nullptr, 30, 40);
  had(4, kAlice, "198.51.100.5", "203.0.113.0/28", 10, 20);

  EXPECT_THAT(with("2001:db8::5/128"), ElementsAre(3, 1)) << "the latest first";
  EXPECT_THAT(with("2001:db8:1:ff::7/128"), ElementsAre(1)) << "within the prefix";
  EXPECT_THAT(with("2001:db8:1:0::/56"), ElementsAre(1));
  EXPECT_THAT(with("2001:db8:1::/48"), ElementsAre(2, 1)) << "around both";
  EXPECT_THAT(with("2001:db8:1:200::/64"), IsEmpty());
  EXPECT_THAT(with("2001:db8::/32"), ElementsAre(3, 2, 1));
  EXPECT_THAT(with("198.51.100.5/32"), ElementsAre(4));
  EXPECT_THAT(with("203.0.113.9/32"), ElementsAre(4));
  EXPECT_THAT(with("203.0.113.16/32"), IsEmpty());
}

TEST_P(LookupsContract, WhoHadItAtATimeIsWhoseTunnelLivedThen) {
  had(1, kAnonymous, "2001:db8::5", nullptr, 10, 20);
  had(2, kAnonymous, "2001:db8::5", nullptr, 20, 30);
  had(3, kAnonymous, "2001:db8::5", nullptr, 40, 0);
  const auto at = [&](int second) { return ids({.range = host("2001:db8::5"), .at = at_second(second)}); };

  EXPECT_THAT(at(9), IsEmpty());
  EXPECT_THAT(at(10), ElementsAre(1));
  EXPECT_THAT(at(20), ElementsAre(2)) << "it had ended by then";
  EXPECT_THAT(at(30), IsEmpty());
  EXPECT_THAT(at(41), ElementsAre(3));
  EXPECT_THAT(ids({.range = host("2001:db8::5")}), ElementsAre(3, 2, 1)) << "what lives comes first";
  EXPECT_THAT(ids({}), ElementsAre(2, 1)) << "what lives is listed elsewhere";
  EXPECT_EQ(history({.range = host("2001:db8::5"), .at = at_second(41)}).front().ended, std::nullopt);
}

TEST_P(LookupsContract, TheHistoryOfALoginIsItsOwn) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, AddAccount{account(kBob, "bob")}}), StoreStatus::Done);
  had(1, kAlice, "2001:db8::5", nullptr, 10, 20);
  had(2, kBob, "2001:db8::5", nullptr, 30, 40);
  had(3, kAlice, "2001:db8::7", "2001:db8:1:0::/56", 50, 0);
  had(4, kAnonymous, "2001:db8::9", nullptr, 50, 60);

  EXPECT_THAT(ids({.login = "alice"}), ElementsAre(3, 1));
  EXPECT_THAT(ids({.login = "Alice"}), IsEmpty());
  EXPECT_THAT(ids({.login = ""}), ElementsAre(4)) << "anonymous clients";
  EXPECT_THAT(ids({.range = host("2001:db8::5"), .login = "alice"}), ElementsAre(1));
  EXPECT_THAT(ids({.range = prefix("2001:db8:1:7::/64"), .login = "alice"}), ElementsAre(3));
}

TEST_P(LookupsContract, TheHistoryIsReadPageByPage) {
  for (std::uint64_t id = 1; id <= 5; ++id) had(id, kAnonymous, "2001:db8::5", nullptr, 10, 20);
  had(6, kAnonymous, "2001:db8::5", nullptr, 30, 0);
  ReadHistory wanted{.range = host("2001:db8::5"), .limit = 2};
  const auto first = history(wanted);
  ASSERT_EQ(first.size(), 3U) << "what lives comes beside";
  wanted.before = first.back().entry;
  EXPECT_THAT(ids(wanted), ElementsAre(3, 2));
  wanted.before = history(wanted).back().entry;
  EXPECT_THAT(ids(wanted), ElementsAre(1));
}

TEST_P(LookupsContract, LeasesAreFoundWithTheirOwners) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, AddAccount{account(kBob, "bob")},
                    PutClaim{held(host("2001:db8::5"), kAlice)}, PutClaim{held(prefix("2001:db8:1:0::/56"), kAlice)},
                    PutClaim{offered(prefix("2001:db8:1:100::/64"), kBob)},
                    PutClaim{quarantined(host("2001:db8::7"), at_second(9))},
                    PutClaim{given_up(prefix("2001:db8:2::/60"), kBob, at_second(9))},
                    PutClaim{held(host("2001:db8::8"), kAnonymous)}}),
            StoreStatus::Done);

  EXPECT_THAT(prefixes({}), ElementsAre("2001:db8::5/128", "2001:db8::7/128", "2001:db8::8/128", "2001:db8:1::/56",
                                        "2001:db8:1:100::/64", "2001:db8:2::/60"));
  EXPECT_EQ(leases({.range = host("2001:db8:1:2::9")}),
            (std::vector<Lease>{{held(prefix("2001:db8:1:0::/56"), kAlice), "alice"}}));
  EXPECT_EQ(leases({.range = prefix("2001:db8:1:100::/60")}),
            (std::vector<Lease>{{offered(prefix("2001:db8:1:100::/64"), kBob), "bob"}}));
  EXPECT_EQ(leases({.range = host("2001:db8::7")}),
            (std::vector<Lease>{{quarantined(host("2001:db8::7"), at_second(9)), ""}}));
  EXPECT_EQ(leases({.range = prefix("2001:db8:2::/60")}),
            (std::vector<Lease>{{given_up(prefix("2001:db8:2::/60"), kBob, at_second(9)), "bob"}}));
  EXPECT_THAT(prefixes({.range = prefix("2001:db8:1::/48")}), ElementsAre("2001:db8:1::/56", "2001:db8:1:100::/64"));
  EXPECT_THAT(prefixes({.limit = 2}), ElementsAre("2001:db8::5/128", "2001:db8::7/128"));
  EXPECT_THAT(prefixes({.after = host("2001:db8::8")}),
              ElementsAre("2001:db8:1::/56", "2001:db8:1:100::/64", "2001:db8:2::/60"));
  EXPECT_THAT(prefixes({.range = prefix("2001:db8:1:0::/60"), .after = prefix("2001:db8:1:0::/56")}), IsEmpty());
}

}  // namespace
}  // namespace tsp::port
