// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/import_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/ddtb/test_base.h"
#include "core/auth/digest_md5.h"

namespace tsp::linux_::ddtb {
namespace import_plan_test {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

IPv6Prefix prefix(std::string_view text) {
  return *parse_prefix(text);
}
IPv6Address address(std::string_view text) {
  return *parse_ipv6(text);
}

class ImportPlanTest : public testing::Test {
 protected:
  std::expected<ImportPlan, std::string> try_plan() {
    return plan_import(old, key, Target{.config = config, .holdings = holdings, .now = {std::chrono::seconds(9)}},
                       random_);
  }
  ImportPlan plan() {
    auto made = try_plan();
    EXPECT_TRUE(made) << made.error();
    return made ? std::move(*made) : ImportPlan{};
  }
  // What becomes of the first account.
  AccountFate fate() { return plan().accounts.at(0); }
  // The account with that prefix, and with a tunnel of those addresses.
  void give(OldId client, const std::string& text, const std::string& client_address = "",
            const std::string& server_address = "") {
    old.prefixes.push_back({.prefix = text, .client = client});
    if (client_address.empty()) return;
    old.tunnels.push_back(
        {.client = client, .prefix = text, .client_address = client_address, .server_address = server_address});
  }
  static Account added(const ImportPlan& plan, std::string_view login) {
    for (const StoreChange& change : plan.changes) {
      const auto* add = std::get_if<AddAccount>(&change);
      if (add != nullptr && add->account.login == login) return add->account;
    }
    ADD_FAILURE() << login;
    return {};
  }
  static std::vector<Claim> claims_of(const ImportPlan& plan, std::string_view login) {
    std::vector<Claim> claims;
    const AccountId owner = added(plan, login).id;
    for (const StoreChange& change : plan.changes) {
      const auto* put = std::get_if<PutClaim>(&change);
      if (put != nullptr && put->claim.owner == owner) claims.push_back(put->claim);
    }
    return claims;
  }

  OldBase old;
  BrokerConfig config = test_config();
  store::Holdings holdings;
  std::optional<PasswordKey> key = PasswordKey::from(kDbKey);

 private:
  Random random_{Seed{1}};
};

// ---- passwords ----------------------------------------------------------------------------------------------------

TEST_F(ImportPlanTest, PasswordsWorkInTheNewRealm) {
  old.clients = {old_client(1), old_client(2), old_client(3), plain_client(4, "dave")};

  const ImportPlan made = plan();

  for (const Vector& vector : kVectors) {
    const Account account = added(made, vector.login);
    EXPECT_EQ(account.verifier, auth::make_verifier(vector.login, kRealm, vector.password));
    EXPECT_TRUE(account.enabled);
    EXPECT_EQ(account.created, WallTime{std::chrono::seconds(9)});
  }
  EXPECT_EQ(added(made, "dave").verifier, auth::make_verifier("dave", kRealm, "secret 4"));
  EXPECT_THAT(made.remarks, IsEmpty());
}

TEST_F(ImportPlanTest, EncryptedPasswordsNeedTheirKey) {
  old.clients = {old_client(1), old_client(2), plain_client(4, "dave")};
  key.reset();
  EXPECT_THAT(try_plan().error(), HasSubstr("2 accounts are encrypted: db_key_file"));

  key = PasswordKey::from("YW5vdGhlciBrZXk=");
  EXPECT_THAT(try_plan().error(), HasSubstr("none of the 2 encrypted passwords can be read"));

  old.clients = {plain_client(4, "dave")};
  key.reset();
  EXPECT_EQ(fate().fate, Fate::Added);
}

TEST_F(ImportPlanTest, AnAccountWhosePasswordCannotBeReadKeepsItsPrefixAndIsDisabled) {
  OldClient damaged = old_client(1);
  damaged.iv = old_client(3).iv;
  OldClient empty = plain_client(5, "eve");
  empty.passwd.clear();
  old.clients = {damaged, old_client(2), empty};
  give(1, "2001:db8:f001::/48");

  const ImportPlan made = plan();

  EXPECT_FALSE(added(made, "alice").enabled);
  EXPECT_FALSE(added(made, "eve").enabled);
  EXPECT_NE(added(made, "alice").verifier, added(made, "eve").verifier);
  EXPECT_FALSE(made.accounts[0].enabled);
  EXPECT_EQ(made.accounts[0].prefix, prefix("2001:db8:f001::/48"));
  EXPECT_THAT(made.accounts[0].notes,
              Contains(HasSubstr("its password is not kept: it was encrypted with another key")));
  EXPECT_THAT(made.accounts[2].notes, ElementsAre(HasSubstr("its password is not kept: it is empty")));
  EXPECT_TRUE(added(made, "bob").enabled);
}

// ---- leases -------------------------------------------------------------------------------------------------------

TEST_F(ImportPlanTest, PrefixAndBothAddressesStayAsTheyWere) {
  old.clients = {old_client(1)};
  give(1, "2001:db8:f001::/48", "2001:db8:f001::2", "2001:db8:f001::1");

  const ImportPlan made = plan();

  const Account account = added(made, "alice");
  EXPECT_EQ(account.server_address, address("2001:db8:f001::1"));
  const auto held = [&](const IPv6Prefix& claimed) {
    return Claim{.prefix = claimed, .owner = account.id, .state = ClaimState::Held, .until = {}, .broker = {1}};
  };
  EXPECT_THAT(claims_of(made, "alice"),
              ElementsAre(held(prefix("2001:db8:f001::/48")), held(host_prefix(address("2001:db8:f001::2")))));
  EXPECT_THAT(made.accounts[0].notes, IsEmpty());
}

TEST_F(ImportPlanTest, OfSeveralPrefixesThatOfTheNewestTunnelIsKept) {
  old.clients = {old_client(1)};
  give(1, "2001:db8:f003::/48", "2001:db8:f003::1", "2001:db8:f003::");
  give(1, "2001:db8:f001::/48", "2001:db8:f001::1", "2001:db8:f001::");
  give(1, "2001:db8:f002::/48");
  old.tunnels.push_back({.client = 1,
                         .prefix = "2001:db8:f0ff::/48",
                         .client_address = "2001:db8:f0ff::1",
                         .server_address = "2001:db8:f0ff::"});  // which is nobody's any more

  const AccountFate alice = fate();

  EXPECT_EQ(alice.prefix, prefix("2001:db8:f001::/48"));
  EXPECT_EQ(alice.address, address("2001:db8:f001::1"));
  EXPECT_THAT(alice.notes,
              ElementsAre(HasSubstr("2001:db8:f003::/48 is not kept"), HasSubstr("2001:db8:f002::/48 is not")));
}

TEST_F(ImportPlanTest, WithoutATunnelTheNewestPrefixIsKeptWithItsFirstAddresses) {
  old.clients = {old_client(1)};
  give(1, "2001:db8:f001::/48");
  give(1, "2001:db8:f002::/48");

  const AccountFate alice = fate();

  EXPECT_EQ(alice.prefix, prefix("2001:db8:f002::/48"));
  EXPECT_EQ(alice.server_address, address("2001:db8:f002::"));
  EXPECT_EQ(alice.address, address("2001:db8:f002::1"));
}

TEST_F(ImportPlanTest, WithoutATunnelTheAddressesAreWhereOthersHaveTheirs) {
  old.clients = {old_client(1), old_client(2)};
  give(1, "2001:db8:f001::/48");
  give(2, "2001:db8:f002::/48", "2001:db8:f002::2", "2001:db8:f002::1");

  const AccountFate alice = fate();

  EXPECT_EQ(alice.server_address, address("2001:db8:f001::1"));
  EXPECT_EQ(alice.address, address("2001:db8:f001::2"));
}

TEST_F(ImportPlanTest, AnAccountWithoutAnythingIsAnAccount) {
  old.clients = {old_client(1)};

  const ImportPlan made = plan();

  EXPECT_EQ(made.changes.size(), 1U);
  EXPECT_THAT(made.accounts[0].notes, IsEmpty());
}

TEST_F(ImportPlanTest, WhatCannotBeServedIsSaid) {
  const auto note_for = [this](const std::string& text) {
    old = {};
    old.clients = {old_client(1)};
    give(1, text);
    const AccountFate alice = fate();
    EXPECT_FALSE(alice.prefix) << text;
    EXPECT_EQ(alice.fate, Fate::Added);
    return alice.notes.at(0);
  };
  EXPECT_THAT(note_for("2001:db9:1::/48"), HasSubstr("(prefix, pool.other_pools)"));
  EXPECT_THAT(note_for("2001:db8:f000::/44"), HasSubstr("only /48 to /64"));
  EXPECT_THAT(note_for("2001:db8:f000::/65"), HasSubstr("only /48 to /64"));
  EXPECT_THAT(note_for("2001:db8::/48"), HasSubstr("in it is pool.server_address, 2001:db8::1: configure another one"));
  EXPECT_THAT(note_for("2001:db8:f001::1/48"), HasSubstr("not one of IPv6"));
  EXPECT_THAT(note_for("10.0.0.0/8"), HasSubstr("'10.0.0.0/8' is not kept"));
  EXPECT_THAT(note_for(""), HasSubstr("'' is not kept"));
}

TEST_F(ImportPlanTest, APrefixOfAnotherBrokerIsKept) {
  config.other_pools = {prefix("2001:db9::/32")};
  old.clients = {old_client(1)};
  give(1, "2001:db9:1::/48");

  EXPECT_EQ(fate().prefix, prefix("2001:db9:1::/48"));
}

TEST_F(ImportPlanTest, AnAddressOutsideOfThePrefixIsKeptIfItIsFree) {
  old.clients = {old_client(1), old_client(2)};
  give(1, "2001:db8:f001::/48", "2001:db8:0:0:7::7", "2001:db8::1");
  give(2, "2001:db8:f002::/48", "2001:db8:0:0:8::8", "2001:db8:ffff::1");

  const ImportPlan made = plan();

  EXPECT_EQ(made.accounts[0].address, address("2001:db8:0:0:7::7"));
  EXPECT_EQ(made.accounts[0].server_address, std::nullopt);
  EXPECT_EQ(added(made, "alice").server_address, std::nullopt);
  EXPECT_THAT(made.accounts[0].notes, IsEmpty());
  EXPECT_EQ(made.accounts[1].address, address("2001:db8:0:0:8::8"));
  EXPECT_THAT(made.accounts[1].notes, ElementsAre(HasSubstr("the server's address 2001:db8:ffff::1 is not kept")));
}

TEST_F(ImportPlanTest, WhoHadTheLaterTunnelKeepsWhatTwoClaim) {
  old.clients = {old_client(1), old_client(2)};
  give(2, "2001:db8:f001::/48", "2001:db8:f001::1", "2001:db8:f001::");
  give(1, "2001:db8:f001:100::/56", "2001:db8:f001:100::1", "2001:db8:f001:100::");

  const ImportPlan made = plan();

  EXPECT_EQ(made.accounts[0].prefix, prefix("2001:db8:f001:100::/56"));
  EXPECT_EQ(made.accounts[1].prefix, std::nullopt);
  EXPECT_THAT(made.accounts[1].notes.at(0), HasSubstr("another account has it, or a part of it"));
}

TEST_F(ImportPlanTest, NobodyLosesWhatTheStoreHas) {
  holdings.claims = {Claim{.prefix = prefix("2001:db8:f001:7700::/56"),
                           .owner = {77},
                           .state = ClaimState::Held,
                           .until = {},
                           .broker = {1}}};
  old.clients = {old_client(1)};
  give(1, "2001:db8:f001::/48");

  EXPECT_EQ(fate().prefix, std::nullopt);
}

// ---- lengths ------------------------------------------------------------------------------------------------------

TEST_F(ImportPlanTest, OnlyLengthsThatSaySomethingBecomeLimits) {
  const auto limits = [this](std::optional<std::int64_t> min, std::optional<std::int64_t> max) {
    old.clients = {old_client(1)};
    old.clients[0].min_prefix = min;
    old.clients[0].max_prefix = max;
    return added(plan(), "alice").prefix_limits;
  };
  EXPECT_EQ(limits(56, 60), (PrefixLimits{.shortest = 56, .longest = 60}));
  EXPECT_EQ(limits(48, 48), (PrefixLimits{.shortest = 48, .longest = 48}));
  EXPECT_EQ(limits(1, 50), std::nullopt) << "what ddtb's tools write";
  EXPECT_EQ(limits(1, 64), std::nullopt);
  EXPECT_EQ(limits(48, 64), std::nullopt) << "the defaults of the table";
  EXPECT_EQ(limits(60, 56), std::nullopt);
  EXPECT_EQ(limits(48, 65), std::nullopt);
  EXPECT_EQ(limits(std::nullopt, 64), std::nullopt);
}

TEST_F(ImportPlanTest, AnAccountMayAskForThePrefixThatItHas) {
  config.prefix_limits = {.shortest = 56, .longest = 60};
  old.clients = {old_client(1), old_client(2), plain_client(4, "dave")};
  old.clients[1].min_prefix = 60;
  old.clients[1].max_prefix = 64;
  give(1, "2001:db8:f001::/48");
  give(2, "2001:db8:f002::/56");
  give(4, "2001:db8:f003::/60");

  const ImportPlan made = plan();

  EXPECT_EQ(added(made, "alice").prefix_limits, (PrefixLimits{.shortest = 48, .longest = 60}));
  EXPECT_EQ(added(made, "bob").prefix_limits, (PrefixLimits{.shortest = 56, .longest = 64}));
  EXPECT_EQ(added(made, "dave").prefix_limits, std::nullopt);
  EXPECT_THAT(made.accounts[0].notes, ElementsAre(HasSubstr("it may ask for prefixes of /48 to /60")));
}

// ---- who ----------------------------------------------------------------------------------------------------------

TEST_F(ImportPlanTest, ASecondImportChangesNothing) {
  old.clients = {old_client(1), old_client(2)};
  give(1, "2001:db8:f001::/48", "2001:db8:f001::1", "2001:db8:f001::");
  const ImportPlan first = plan();
  add_to(holdings, first.changes);

  const ImportPlan second = plan();

  EXPECT_THAT(second.changes, IsEmpty());
  ASSERT_EQ(second.accounts.size(), 2U);
  for (const AccountFate& account : second.accounts) EXPECT_EQ(account.fate, Fate::Present);
  EXPECT_EQ(second.accounts[0].prefix, first.accounts[0].prefix);
  EXPECT_EQ(second.accounts[0].address, first.accounts[0].address);
  EXPECT_EQ(second.accounts[0].server_address, first.accounts[0].server_address);
  EXPECT_THAT(second.accounts[0].notes, IsEmpty());
}

TEST_F(ImportPlanTest, AnAccountThatIsThereStaysAsItIs) {
  Account there;
  there.id = {5};
  there.login = "alice";
  there.enabled = false;
  holdings.accounts = {there};
  old.clients = {old_client(1), old_client(2)};
  give(1, "2001:db8:f001::/48");

  const ImportPlan made = plan();

  EXPECT_EQ(made.changes.size(), 1U);
  EXPECT_EQ(made.accounts[0].fate, Fate::Present);
  EXPECT_FALSE(made.accounts[0].enabled);
  EXPECT_EQ(made.accounts[0].prefix, std::nullopt);
  EXPECT_THAT(made.accounts[0].notes, ElementsAre("in the old database it has 2001:db8:f001::/48"));
}

TEST_F(ImportPlanTest, LoginsThatCannotBeAreRefusedByName) {
  old.clients = {plain_client(4, "a:b"), plain_client(5, ""),   plain_client(6, "new\nline"),
                 plain_client(7, "ok"),  plain_client(8, "ok"), plain_client(9, "OK")};
  give(8, "2001:db8:f001::/48", "2001:db8:f001::1", "2001:db8:f001::");

  const ImportPlan made = plan();

  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(made.accounts[i].fate, Fate::Refused) << i;
  EXPECT_EQ(made.accounts[2].login, "new\nline");
  EXPECT_THAT(made.accounts[3].notes, ElementsAre(HasSubstr("had the later tunnel")));
  EXPECT_EQ(made.accounts[4].fate, Fate::Added);
  EXPECT_EQ(made.accounts[5].fate, Fate::Added);
}

TEST_F(ImportPlanTest, WhatIsNoAccountsIsRemarkedUpon) {
  old.clients = {old_client(1), old_client(2)};
  old.clients[0].has_contact = true;
  old.prefixes = {{.prefix = "2001:db8:f005::/48", .client = std::nullopt},
                  {.prefix = "2001:db8:f006::/48", .client = 99}};

  EXPECT_THAT(plan().remarks, ElementsAre("the prefix '2001:db8:f006::/48' is not kept: its account is not in the old "
                                          "database",
                                          HasSubstr("the like of 1 accounts are not kept")));
}

TEST_F(ImportPlanTest, RangesThatImportedPrefixesCoverAreRemarkedUpon) {
  config.pool.server_address = address("2001:db8:8000::1");
  config.pool.hosts = prefix("2001:db8:8000::/64");
  config.pool.anonymous = prefix("2001:db8:8001::/64");
  config.pool.delegations = {prefix("2001:db8:c000::/34")};
  old.clients = {old_client(1)};
  give(1, "2001:db8:8001::/48");

  EXPECT_THAT(plan().remarks, ElementsAre(HasSubstr("the range of anonymous clients 2001:db8:8001::/64 lies in")));
}

}  // namespace import_plan_test
}  // namespace tsp::linux_::ddtb
