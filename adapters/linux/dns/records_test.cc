// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tsp::linux_::dns {
namespace records_test {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kBelow48 = ".1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa";  // 2001:db8:1::/48

std::vector<std::string> names_of(std::string_view prefix) {
  return reverse_zones(parse_prefix(prefix).value());
}

std::vector<std::string> below_48(const std::vector<std::string>& labels) {
  std::vector<std::string> names;
  for (const auto& label : labels) names.push_back(label + kBelow48);
  return names;
}

DesiredRecords delegated(std::string_view prefix, std::vector<std::string> servers) {
  return {.delegations = {{parse_prefix(prefix).value(), std::move(servers)}}};
}

TEST(ReverseZones, WholeNibblesAreOneName) {
  EXPECT_THAT(names_of("2001:db8:1::/48"), ElementsAre("1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"));
  EXPECT_EQ(names_of("2001:db8:1:f000::/52"), below_48({"f"}));
  EXPECT_EQ(names_of("2001:db8:1:ab00::/56"), below_48({"b.a"}));
  EXPECT_EQ(names_of("2001:db8:1:abc0::/60"), below_48({"c.b.a"}));
  EXPECT_EQ(names_of("2001:db8:1:abcd::/64"), below_48({"d.c.b.a"}));
}

TEST(ReverseZones, PartsOfANibbleAreAllNamesInIt) {
  EXPECT_EQ(names_of("2001:db8:1::/49"), below_48({"0", "1", "2", "3", "4", "5", "6", "7"}));
  EXPECT_EQ(names_of("2001:db8:1:8000::/49"), below_48({"8", "9", "a", "b", "c", "d", "e", "f"}));
  EXPECT_EQ(names_of("2001:db8:1:4000::/50"), below_48({"4", "5", "6", "7"}));
  EXPECT_EQ(names_of("2001:db8:1:e000::/51"), below_48({"e", "f"}));
  EXPECT_EQ(names_of("2001:db8:1:a800::/53"), below_48({"8.a", "9.a", "a.a", "b.a", "c.a", "d.a", "e.a", "f.a"}));
  EXPECT_EQ(names_of("2001:db8:1:abc8::/63"), below_48({"8.c.b.a", "9.c.b.a"}));
}

TEST(ReverseZones, EachLengthHasAsManyNamesAsItsBitsLeaveOpen) {
  for (unsigned length = 48; length <= 64; ++length) {
    const auto names = reverse_zones(make_prefix(parse_ipv6("2001:db8:1::").value(), length));
    EXPECT_EQ(names.size(), 1U << ((64 - length) % 4)) << length;
  }
}

TEST(ReverseZones, AnAddressIsAllThirtyTwoNibbles) {
  EXPECT_THAT(names_of("2001:db8::567:89ab/128"),
              ElementsAre("b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"));
}

TEST(Rrsets, EachNameOfADelegationHasAllServers) {
  const auto rrsets = to_rrsets(delegated("2001:db8:1::/51", {"NS1.Example.NET.", "ns2.example.net"}));
  ASSERT_TRUE(rrsets) << rrsets.error();
  ASSERT_EQ(rrsets->size(), 2U);
  for (const auto& [key, data] : *rrsets) {
    EXPECT_EQ(key.type, RecordType::NS);
    EXPECT_THAT(data, ElementsAre(RecordData("ns1.example.net"), RecordData("ns2.example.net")));
  }
}

TEST(Rrsets, AServerNamedTwiceIsOneRecord) {
  const auto rrsets = to_rrsets(delegated("2001:db8:1::/48", {"ns.example", "NS.example."}));
  ASSERT_TRUE(rrsets);
  EXPECT_EQ(rrsets->begin()->second.size(), 1U);
}

TEST(Rrsets, AHostNameHasAnAddress) {
  const IPv6Address address = parse_ipv6("2001:db8:1::2").value();
  const auto rrsets = to_rrsets({.host_names = {{"Alice.tunnels.example", address}}});
  ASSERT_TRUE(rrsets);
  EXPECT_THAT(rrsets->at({"alice.tunnels.example", RecordType::AAAA}), ElementsAre(RecordData(address)));
}

TEST(Rrsets, AnAddressIsNoNameServer) {
  for (const char* address : {"192.0.2.1", "2001:db8::53"}) {
    const auto rrsets = to_rrsets(delegated("2001:db8:1::/48", {address}));
    ASSERT_FALSE(rrsets);
    EXPECT_THAT(rrsets.error(), HasSubstr("is an address, expected the name"));
  }
}

TEST(Rrsets, NamesThatAZoneFileWouldTakeForMoreAreRefused) {
  for (const std::string name : {"a b", "ns\n$INCLUDE", "", "a..b", "a;b", "\"", "a\\.b"}) {
    EXPECT_FALSE(to_rrsets(delegated("2001:db8:1::/48", {name}))) << name;
    EXPECT_FALSE(to_rrsets({.host_names = {{name, {}}}})) << name;
  }
}

TEST(Rrsets, AnErrorHoldsNoMoreOfABadNameThanFitsIntoALine) {
  const auto rrsets = to_rrsets(delegated("2001:db8:1::/48", {std::string(100'000, '\n')}));
  ASSERT_FALSE(rrsets);
  EXPECT_LT(rrsets.error().size(), 400U);
  EXPECT_EQ(rrsets.error().find('\n'), std::string::npos);
}

TEST(Rrsets, MoreThanAnybodyNeedsIsRefused) {
  EXPECT_FALSE(to_rrsets(delegated("2001:db8:1::/48", {})));
  EXPECT_FALSE(to_rrsets(delegated("2001:db8:1::/48", std::vector<std::string>(17, "ns.example"))));
  EXPECT_FALSE(to_rrsets({.delegations = std::vector<Delegation>(17)}));
  EXPECT_FALSE(to_rrsets(delegated("::/0", {"ns.example"})));
}

TEST(Rrsets, OnePrefixHasOneListOfServers) {
  DesiredRecords twice = delegated("2001:db8:1::/48", {"a.example"});
  twice.delegations.push_back({twice.delegations[0].prefix, {"b.example"}});
  EXPECT_FALSE(to_rrsets(twice));
}

TEST(ZoneOf, TheLongestZoneHoldsTheName) {
  const std::vector<std::string> zones = {"8.b.d.0.1.0.0.2.ip6.arpa", "0.8.b.d.0.1.0.0.2.ip6.arpa", "example"};
  EXPECT_EQ(zone_of(zones, "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa").value(), "0.8.b.d.0.1.0.0.2.ip6.arpa");
  EXPECT_EQ(zone_of(zones, "1.8.b.d.0.1.0.0.2.ip6.arpa").value(), "8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(ZoneOf, ANameThatOnlyEndsLikeAZoneIsNotInIt) {
  const std::vector<std::string> zones = {"example"};
  EXPECT_FALSE(zone_of(zones, "notexample"));
  EXPECT_FALSE(zone_of(zones, "example.net"));
  EXPECT_THAT(zone_of(zones, "a.net").error(), HasSubstr("a.net"));
}

TEST(ZoneOf, TheTopOfAZoneIsNeverHandedOut) {
  const std::vector<std::string> zones = {"example", "sub.example"};
  EXPECT_THAT(zone_of(zones, "sub.example").error(), HasSubstr("zone of the server itself"));
}

}  // namespace records_test
}  // namespace tsp::linux_::dns
