// SPDX-License-Identifier: Apache-2.0
//
// Accounts: adding, changing, finding, listing, deleting.
#include <set>
#include <string>
#include <vector>

#include "adapters/port/store_contract/store_contract.h"

namespace tsp::port {
namespace {

TEST_P(StoreContract, AnAddedAccountIsFoundWithAllItsFields) {
  Account added = account({(std::uint64_t{1} << 53) - 1}, "alice");
  added.enabled = false;
  added.prefix_limits = PrefixLimits{.shortest = 52, .longest = 60};
  added.server_address = address("2001:db8:1::1");
  added.mtu = 1472;
  added.update_key = UpdateKeyHash{0x00, 0x7F, 0x80, 0xFF};
  added.home = BrokerId{0x7FFFFFFF};
  added.note = "Ж \xF0\x9F\x90\x8C 'x' \\ \"y\"" + std::string(900, '%');

  ASSERT_EQ(commit({AddAccount{added}}), StoreStatus::Done);

  EXPECT_EQ(find("alice"), (AccountRecord{.account = added, .address = std::nullopt, .prefixes = {}}));
}

TEST_P(StoreContract, AnUnknownLoginIsDoneWithNoAccount) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);

  EXPECT_EQ(find("bob"), std::nullopt);
  EXPECT_EQ(find("alic"), std::nullopt);
  EXPECT_EQ(find(""), std::nullopt);
}

TEST_P(StoreContract, ALoginIsTakenOnce) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);

  EXPECT_EQ(commit({AddAccount{account(kBob, "alice")}}), StoreStatus::Taken);

  EXPECT_EQ(find("alice")->account.id, kAlice);
}

TEST_P(StoreContract, AnAccountIdIsTakenOnce) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);

  EXPECT_EQ(commit({AddAccount{account(kAlice, "bob")}}), StoreStatus::Taken);

  EXPECT_EQ(find("bob"), std::nullopt);
}

TEST_P(StoreContract, LoginsDifferByTheirExactBytes) {
  const std::vector<std::string> logins = {
      "alice",
      "Alice",
      "alice ",
      "\xC3\xA9milie",   // e with acute accent, one code point
      "e\xCC\x81milie",  // the same to the eye, two code points
      "\xC3\x89milie",   // its capital
      "\xD8\xB3\xD8\xB9\xD9\x8A\xD8\xAF",
      "\xF0\x9F\x90\x8C",
      "ali%",
      "ali_e",
      std::string(253, 'x'),
  };
  for (std::size_t i = 0; i < logins.size(); ++i) {
    ASSERT_EQ(commit({AddAccount{account({i + 1}, logins[i])}}), StoreStatus::Done) << logins[i];
  }

  for (std::size_t i = 0; i < logins.size(); ++i) {
    const auto found = find(logins[i]);
    ASSERT_TRUE(found) << logins[i];
    EXPECT_EQ(found->account.id.value, i + 1);
    EXPECT_EQ(found->account.login, logins[i]);
  }
  EXPECT_EQ(list("", 1000).size(), logins.size());
}

TEST_P(StoreContract, AnUpdateReplacesTheWholeRow) {
  Account before = account(kAlice, "alice");
  before.prefix_limits = PrefixLimits{};
  before.server_address = address("2001:db8:1::1");
  before.mtu = 1400;
  before.update_key = UpdateKeyHash{1};
  before.note = "moved in May";
  ASSERT_EQ(commit({AddAccount{before}}), StoreStatus::Done);
  Account after = account(kAlice, "alice");
  after.verifier = Verifier{9};
  after.enabled = false;
  after.created = at_second(5);

  ASSERT_EQ(commit({UpdateAccount{.account = after, .before = before}}), StoreStatus::Done);

  EXPECT_EQ(find("alice")->account, after);
}

// Another broker's operator was quicker.
TEST_P(StoreContract, AnUpdateOfARowThatHasChangedSinceItWasReadIsRefused) {
  const Account read = account(kAlice, "alice");
  Account theirs = read;
  theirs.mtu = 1400;
  Account ours = read;
  ours.enabled = false;
  ASSERT_EQ(commit({AddAccount{read}, UpdateAccount{.account = theirs, .before = read}}), StoreStatus::Done);

  EXPECT_EQ(commit({UpdateAccount{.account = ours, .before = read}}), StoreStatus::Taken);

  EXPECT_EQ(find("alice")->account, theirs);
  EXPECT_EQ(commit({UpdateAccount{.account = theirs, .before = read}}), StoreStatus::Done) << "a repetition";
}

TEST_P(StoreContract, AnUpdateOfAnUnknownAccountIsMissing) {
  EXPECT_EQ(commit({UpdateAccount{account(kAlice, "alice"), account(kAlice, "alice")}}), StoreStatus::Missing);

  EXPECT_EQ(find("alice"), std::nullopt);
}

TEST_P(StoreContract, AnUpdateCannotChangeTheLogin) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);

  EXPECT_EQ(commit({UpdateAccount{account(kAlice, "alicia"), account(kAlice, "alice")}}), StoreStatus::Missing);

  EXPECT_EQ(find("alicia"), std::nullopt);
  EXPECT_EQ(find("alice")->account, account(kAlice, "alice"));
}

TEST_P(StoreContract, AnAccountIsFoundWithItsClaimsShortestPrefixFirst) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutClaim{held(prefix("2001:db8:a:1::/64"), kAlice)},
                    PutClaim{offered(prefix("2001:db8:b::/48"), kAlice)},
                    PutClaim{held(prefix("2001:db8:1:100::/56"), kAlice)}, PutClaim{held(host("2001:db8::5"), kAlice)},
                    PutClaim{held(host("2001:db8::6"), kBob)}, PutClaim{held(host("2001:db8::7"), kAnonymous)},
                    PutClaim{quarantined(prefix("2001:db8:c::/48"), at_second(9))}}),
            StoreStatus::Done);

  const auto found = find("alice");

  EXPECT_EQ(found->address, held(host("2001:db8::5"), kAlice));
  EXPECT_EQ(found->prefixes,
            (std::vector{offered(prefix("2001:db8:b::/48"), kAlice), held(prefix("2001:db8:1:100::/56"), kAlice),
                         held(prefix("2001:db8:a:1::/64"), kAlice)}));
}

TEST_P(StoreContract, PagingShowsEveryAccountOnceInTheOrderOfBytes) {
  const std::vector<std::string> logins = {"b", "a", "aa", "B", "\xC3\xA9", "\xF0\x9F\x90\x8C", "z", "~"};
  for (std::size_t i = 0; i < logins.size(); ++i) {
    ASSERT_EQ(commit({AddAccount{account({i + 1}, logins[i])}}), StoreStatus::Done);
  }

  std::vector<std::string> seen;
  for (std::string after; seen.size() <= logins.size(); after = seen.back()) {
    const auto page = list(after, 3);
    EXPECT_LE(page.size(), 3u);
    if (page.empty()) break;
    for (const AccountRecord& record : page) seen.push_back(record.account.login);
  }

  EXPECT_EQ(seen, (std::vector<std::string>{"B", "a", "aa", "b", "z", "~", "\xC3\xA9", "\xF0\x9F\x90\x8C"}));
}

TEST_P(StoreContract, PagingBeginsAfterALoginThatNeedNotExist) {
  ASSERT_EQ(commit({AddAccount{account({1}, "a")}, AddAccount{account({2}, "c")}}), StoreStatus::Done);

  const auto page = list("b", 10);

  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].account.login, "c");
}

TEST_P(StoreContract, ListedAccountsCarryTheirClaims) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, AddAccount{account(kBob, "bob")},
                    PutClaim{held(host("2001:db8::5"), kAlice)}, PutClaim{held(prefix("2001:db8:1:100::/56"), kBob)}}),
            StoreStatus::Done);

  const auto page = list("", 10);

  ASSERT_EQ(page.size(), 2u);
  EXPECT_EQ(page[0], *find("alice"));
  EXPECT_EQ(page[1], *find("bob"));
  EXPECT_EQ(page[0].address, held(host("2001:db8::5"), kAlice));
  EXPECT_EQ(page[1].prefixes, std::vector{held(prefix("2001:db8:1:100::/56"), kBob)});
}

TEST_P(StoreContract, ADeletedAccountTakesItsClaimsWithIt) {
  ASSERT_EQ(
      commit({AddAccount{account(kAlice, "alice")}, PutClaim{held(host("2001:db8::5"), kAlice)},
              PutClaim{offered(prefix("2001:db8:1:100::/56"), kAlice)}, PutClaim{held(host("2001:db8::6"), kBob)}}),
      StoreStatus::Done);

  ASSERT_EQ(commit({DeleteAccount{kAlice}}), StoreStatus::Done);

  EXPECT_EQ(find("alice"), std::nullopt);
  EXPECT_EQ(claims(), std::vector{held(host("2001:db8::6"), kBob)});
}

TEST_P(StoreContract, ADeletionLeavesTheClaimsThatTheSameCommitSpeaksOf) {
  const IPv6Prefix before = host("2001:db8::5");
  const IPv6Prefix after = prefix("2001:db8:1:100::/56");
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutClaim{held(before, kAlice)}, PutClaim{held(after, kAlice)},
                    PutClaim{held(prefix("2001:db8:2::/48"), kAlice)}}),
            StoreStatus::Done);

  ASSERT_EQ(commit({PutClaim{quarantined(before, at_second(70))}, DeleteAccount{kAlice},
                    PutClaim{quarantined(after, at_second(80))}}),
            StoreStatus::Done);

  EXPECT_EQ(claims(), (std::vector{quarantined(before, at_second(70)), quarantined(after, at_second(80))}));
}

TEST_P(StoreContract, WhatADeletedAccountGaveUpStaysInQuarantineAsNobodys) {
  const IPv6Prefix former = prefix("2001:db8:1::/48");
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutClaim{given_up(former, kAlice, at_second(70))},
                    PutClaim{held(host("2001:db8::5"), kAlice)}}),
            StoreStatus::Done);

  ASSERT_EQ(commit({DeleteAccount{kAlice}}), StoreStatus::Done);

  EXPECT_EQ(claims(), std::vector{quarantined(former, at_second(70))});
}

TEST_P(StoreContract, AnAddressInThePrefixGoesWithItsAccount) {
  const IPv6Prefix around = prefix("2001:db8:1:100::/56");
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutClaim{held(around, kAlice)},
                    PutClaim{held(host("2001:db8:1:100::1"), kAlice)}}),
            StoreStatus::Done);
  EXPECT_EQ(put(quarantined(around, at_second(80))), StoreStatus::Taken) << "the address is the account's still";

  ASSERT_EQ(commit({DeleteAccount{kAlice}, PutClaim{quarantined(around, at_second(80))}}), StoreStatus::Done);

  EXPECT_EQ(claims(), std::vector{quarantined(around, at_second(80))});
  EXPECT_EQ(put(held(host("2001:db8:1:100::1"), kBob)), StoreStatus::Taken);
}

TEST_P(StoreContract, NameServersAreFoundInTheirOrderUntilOthersTakeTheirPlace) {
  const std::vector<std::string> first = {"ns2.example.org", "ns1.example.org", "a.ns.example.net"};
  const std::vector<std::string> second = {std::string(63, 'x') + ".example"};
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, AddAccount{account(kBob, "bob")},
                    PutNameServers{.account = kAlice, .names = first}}),
            StoreStatus::Done);
  EXPECT_EQ(find("alice")->name_servers, first);
  EXPECT_EQ(list("", 10).at(0).name_servers, first);
  EXPECT_EQ(find("bob")->name_servers, std::vector<std::string>());

  ASSERT_EQ(commit({PutNameServers{.account = kAlice, .names = second}}), StoreStatus::Done);
  EXPECT_EQ(find("alice")->name_servers, second);
  ASSERT_EQ(commit({PutNameServers{.account = kAlice, .names = {}}}), StoreStatus::Done);
  EXPECT_EQ(find("alice")->name_servers, std::vector<std::string>());
}

TEST_P(StoreContract, AnUpdateOfAnAccountLeavesItsNameServers) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutNameServers{.account = kAlice, .names = {"ns.example"}}}),
            StoreStatus::Done);

  ASSERT_EQ(
      commit({UpdateAccount{account(kAlice, "alice"), account(kAlice, "alice")}, AddAccount{account(kAlice, "alice")}}),
      StoreStatus::Done);

  EXPECT_EQ(find("alice")->name_servers, std::vector<std::string>{"ns.example"});
}

TEST_P(StoreContract, NameServersOfAnUnknownAccountAreMissing) {
  EXPECT_EQ(commit({PutNameServers{.account = kAlice, .names = {"ns.example"}}}), StoreStatus::Missing);
  EXPECT_EQ(commit({PutNameServers{.account = kAlice, .names = {}}}), StoreStatus::Missing);

  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);
  EXPECT_EQ(find("alice")->name_servers, std::vector<std::string>());
}

TEST_P(StoreContract, ADeletedAccountTakesItsNameServersWithIt) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutNameServers{.account = kAlice, .names = {"ns.example"}}}),
            StoreStatus::Done);

  ASSERT_EQ(commit({DeleteAccount{kAlice}, AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);

  EXPECT_EQ(find("alice")->name_servers, std::vector<std::string>());
}

TEST_P(StoreContract, NameServersOfACommitThatWasRefusedAreNotKept) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}, PutNameServers{.account = kAlice, .names = {"ns.example"}}}),
            StoreStatus::Done);

  EXPECT_EQ(commit({PutNameServers{.account = kAlice, .names = {}}, DeleteAccount{kBob}}), StoreStatus::Missing);

  EXPECT_EQ(find("alice")->name_servers, std::vector<std::string>{"ns.example"});
}

TEST_P(StoreContract, ADeletionOfAnUnknownAccountIsMissing) {
  ASSERT_EQ(commit({PutClaim{held(host("2001:db8::5"), kAlice)}}), StoreStatus::Done);

  EXPECT_EQ(commit({DeleteAccount{kAlice}}), StoreStatus::Missing);

  EXPECT_EQ(claims().size(), 1u);
}

TEST_P(StoreContract, TheLoginOfADeletedAccountIsFreeAgain) {
  ASSERT_EQ(commit({AddAccount{account(kAlice, "alice")}}), StoreStatus::Done);
  ASSERT_EQ(commit({DeleteAccount{kAlice}}), StoreStatus::Done);

  EXPECT_EQ(commit({AddAccount{account(kBob, "alice")}}), StoreStatus::Done);

  EXPECT_EQ(find("alice")->account.id, kBob);
}

}  // namespace
}  // namespace tsp::port
