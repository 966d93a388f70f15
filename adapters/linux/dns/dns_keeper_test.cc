// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/dns_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/dns/dns_test_server.h"

namespace tsp::linux_::dns {
namespace dns_keeper_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Phase = OwnerState::Phase;

constexpr AccountId kAlice{11};
constexpr AccountId kBob{22};

DnsDelegation delegation(std::string_view prefix, std::vector<std::string> names) {
  return {.prefix = parse_prefix(prefix).value(), .name_servers = std::move(names)};
}

PublishDns publication(AccountId account, std::string_view prefix = "2001:db8:1::/48") {
  return {.account = account, .records = {.delegations = {delegation(prefix, {"ns.example.net"})}, .host_name = {}}};
}

class ServerKeeperTest : public testing::Test {
 protected:
  void SetUp() override {
    auto made = keep_at_server([this](const Endpoint&) { return std::make_unique<FakeLink>(server_); },
                               make_endpoint({{192, 0, 2, 53}}, 53), test_key(),
                               {.zones = {"0.8.b.d.0.1.0.0.2.ip6.arpa", "example"}, .limits = {.owners_max = 2}});
    ASSERT_TRUE(made) << made.error();
    keeper_ = std::move(*made);
  }
  Phase phase(AccountId account) { return keeper_->state(account).value().phase; }

  FakeServer server_;
  std::unique_ptr<DnsKeeper> keeper_;
};

TEST_F(ServerKeeperTest, AnAccountIsPendingUntilTheServerHasItsRecords) {
  EXPECT_EQ(keeper_->state(kAlice), std::nullopt);
  PublishDns order = publication(kAlice);
  order.records.host_name = DnsHostName{.name = "alice.example", .address = *parse_ipv6("2001:db8::5")};
  keeper_->execute(order);
  EXPECT_EQ(phase(kAlice), Phase::Pending);
  EXPECT_THAT(server_.updates, ElementsAre(HasSubstr("+1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa/2")));
  server_.answer();
  EXPECT_THAT(server_.updates.back(), HasSubstr("+alice.example/28"));
  server_.answer();
  EXPECT_EQ(phase(kAlice), Phase::Done);
  EXPECT_EQ(keeper_->summary().done, 1U);
  EXPECT_EQ(keeper_->summary().place, "192.0.2.53:53");
}

TEST_F(ServerKeeperTest, NoRecordsMeansThatTheyAreRemoved) {
  keeper_->execute(publication(kAlice));
  server_.answer();
  keeper_->execute(PublishDns{.account = kAlice, .records = {}});

  EXPECT_THAT(server_.updates.back(), HasSubstr(": -1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa/2"));
  EXPECT_EQ(keeper_->state(kAlice), std::nullopt);
}

// Of an earlier run this one knows only what it is told.
TEST_F(ServerKeeperTest, WhatAnEarlierRunPublishedIsRemovedByItsPrefixAlone) {
  const DnsRecords formerly{.delegations = {delegation("2001:db8:1::/48", {})}, .host_name = {}};
  keeper_->execute(WithdrawDns{.account = kAnonymous, .formerly = formerly});
  EXPECT_THAT(server_.updates, ElementsAre("0.8.b.d.0.1.0.0.2.ip6.arpa: -1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa/2"));
  server_.answer();
  keeper_->execute(WithdrawDns{.account = kBob, .formerly = formerly});
  EXPECT_EQ(server_.updates.size(), 2U);
}

TEST_F(ServerKeeperTest, WhatCannotBePublishedIsRefusedAndSaysWhy) {
  keeper_->execute(publication(kAlice, "2001:db9::/48"));

  EXPECT_THAT(server_.updates, IsEmpty());
  EXPECT_EQ(phase(kAlice), Phase::Refused);
  EXPECT_EQ(keeper_->summary().refused, 1U);
  EXPECT_THAT(keeper_->summary().error, HasSubstr("9.b.d.0.1.0.0.2.ip6.arpa"));
  keeper_->execute(publication(kAlice));
  EXPECT_EQ(phase(kAlice), Phase::Pending);
}

TEST_F(ServerKeeperTest, AnAccountBeyondTheLimitIsRefusedAndTheOthersAreNotTouched) {
  keeper_->execute(publication(kAlice, "2001:db8:1::/48"));
  keeper_->execute(publication(kBob, "2001:db8:2::/48"));
  keeper_->execute(publication(AccountId{33}, "2001:db8:3::/48"));

  EXPECT_EQ(phase(AccountId{33}), Phase::Refused);
  EXPECT_EQ(keeper_->summary().pending, 2U);
}

TEST_F(ServerKeeperTest, WhatTheServerRefusedIsTriedAgainWhenSomebodyAsks) {
  keeper_->execute(publication(kAlice));
  server_.answer(5);
  EXPECT_EQ(phase(kAlice), Phase::Refused);
  EXPECT_THAT(keeper_->summary().error, HasSubstr("REFUSED"));
  keeper_->retry();
  server_.answer();
  EXPECT_EQ(phase(kAlice), Phase::Done);
  EXPECT_THAT(keeper_->summary().error, IsEmpty());
}

}  // namespace dns_keeper_test
}  // namespace tsp::linux_::dns
