// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/dns_updater.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/dns/dns_test_server.h"

namespace tsp::linux_::dns {
namespace dns_updater_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Phase = OwnerState::Phase;

DnsServer server_with(std::vector<std::string> zones) {
  return {.address = make_endpoint({{192, 0, 2, 1}}, 53), .key = test_key(), .zones = std::move(zones)};
}

DesiredRecords records(std::string_view prefix, const std::string& name) {
  return {.delegations = {{parse_prefix(prefix).value(), {"ns.example.net"}}}, .host_names = {{name, IPv6Address{}}}};
}

class Updater : public testing::Test {
 protected:
  void SetUp() override {
    auto created = create({server_with({"0.8.b.d.0.1.0.0.2.ip6.arpa."}), server_with({"Tunnels.example"})});
    ASSERT_TRUE(created) << created.error();
    updater_ = std::move(*created);
  }

  std::expected<std::unique_ptr<DnsUpdater>, std::string> create(std::vector<DnsServer> servers) {
    next_ = 0;
    return DnsUpdater::create([this](const Endpoint&) { return std::make_unique<FakeLink>(fakes_.at(next_++)); },
                              std::move(servers), {.owners_max = 2});
  }
  Phase phase(const std::string& owner) { return updater_->state(owner).value().phase; }

  std::vector<FakeServer> fakes_{2};
  FakeServer& reverse_ = fakes_[0];
  FakeServer& forward_ = fakes_[1];
  std::size_t next_ = 0;
  std::unique_ptr<DnsUpdater> updater_;
};

TEST_F(Updater, EachServerGetsWhatLiesInItsZones) {
  ASSERT_TRUE(updater_->set("a", records("2001:db8:1::/48", "A.tunnels.example")));
  EXPECT_THAT(reverse_.updates, ElementsAre(HasSubstr("0.8.b.d.0.1.0.0.2.ip6.arpa: -1.0.0.0.8.b.d")));
  EXPECT_THAT(forward_.updates, ElementsAre("tunnels.example: -a.tunnels.example/28 +a.tunnels.example/28"));
}

TEST_F(Updater, AnOwnerIsDoneWhenAllServersAre) {
  ASSERT_TRUE(updater_->set("a", records("2001:db8:1::/48", "a.tunnels.example")));
  reverse_.answer();
  EXPECT_EQ(phase("a"), Phase::Pending);
  forward_.answer();
  EXPECT_EQ(phase("a"), Phase::Done);
}

TEST_F(Updater, OneServerThatRefusesIsWhatIsShown) {
  ASSERT_TRUE(updater_->set("a", records("2001:db8:1::/48", "a.tunnels.example")));
  reverse_.answer();
  forward_.answer(5);
  EXPECT_EQ(phase("a"), Phase::Refused);
  EXPECT_THAT(updater_->state("a")->error, HasSubstr("REFUSED"));
  updater_->retry();
  forward_.answer();
  EXPECT_EQ(phase("a"), Phase::Done);
}

TEST_F(Updater, ARecordThatLiesInNoZoneChangesNothingAtAll) {
  const auto set = updater_->set("a", records("2001:db8:1::/48", "a.elsewhere.example"));
  EXPECT_THAT(set.error(), HasSubstr("no zone is configured that a.elsewhere.example lies in"));
  EXPECT_THAT(reverse_.updates, IsEmpty());
  EXPECT_FALSE(updater_->state("a"));
}

TEST_F(Updater, RemoveTakesEverythingAway) {
  ASSERT_TRUE(updater_->set("a", records("2001:db8:1::/48", "a.tunnels.example")));
  reverse_.answer();
  forward_.answer();
  ASSERT_TRUE(updater_->remove("a"));
  EXPECT_THAT(reverse_.updates.back(), testing::EndsWith("ip6.arpa: -1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa/2"));
  EXPECT_EQ(forward_.updates.back(), "tunnels.example: -a.tunnels.example/28");
  reverse_.answer();
  EXPECT_EQ(phase("a"), Phase::Pending);
  forward_.answer();
  EXPECT_FALSE(updater_->state("a"));
}

TEST_F(Updater, WhatAnEarlierRunLeftIsRemovedWhereItCanBe) {
  ASSERT_TRUE(updater_->remove("a", records("2001:db8:1::/48", "a.elsewhere.example")));
  EXPECT_EQ(reverse_.updates.size(), 1U);
  EXPECT_THAT(forward_.updates, IsEmpty());
}

TEST_F(Updater, TheRemovalOfAnUnknownOwnerIsNothing) {
  ASSERT_TRUE(updater_->remove("nobody"));
  EXPECT_THAT(reverse_.updates, IsEmpty());
}

TEST_F(Updater, TooManyOwnersAreRefusedUntilOneIsGone) {
  ASSERT_TRUE(updater_->set("a", records("2001:db8:1::/48", "a.tunnels.example")));
  ASSERT_TRUE(updater_->set("b", records("2001:db8:2::/48", "b.tunnels.example")));
  EXPECT_THAT(updater_->set("c", records("2001:db8:3::/48", "c.tunnels.example")).error(), HasSubstr("too many"));
  ASSERT_TRUE(updater_->remove("a"));
  for (FakeServer& server : fakes_) {
    while (server.is_asked()) server.answer();
  }
  EXPECT_TRUE(updater_->set("c", records("2001:db8:3::/48", "c.tunnels.example")));
}

TEST_F(Updater, TheTopOfAZoneIsNotDelegated) {
  const auto set = updater_->set("a", {.delegations = {{parse_prefix("2001:db8::/36").value(), {"ns.example"}}}});
  EXPECT_THAT(set.error(), HasSubstr("zone of the server itself"));
}

TEST_F(Updater, AZoneHasOneServerAndAName) {
  EXPECT_THAT(create({server_with({"example", "Example."})}).error(), HasSubstr("stands twice"));
  EXPECT_THAT(create({server_with({"ex ample"})}).error(), HasSubstr("192.0.2.1:53: the zone ex ample is no DNS name"));
}

}  // namespace dns_updater_test
}  // namespace tsp::linux_::dns
