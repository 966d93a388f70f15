// SPDX-License-Identifier: Apache-2.0
#include "core/pool/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/pool/prefix_pool.h"

namespace tsp::pool {
namespace layout_test {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

IPv6Prefix prefix(std::string_view text) {
  return *parse_prefix(text);
}
IPv6Address address(std::string_view text) {
  return *parse_ipv6(text);
}

std::vector<std::string> delegations_of(const PoolLayout& layout) {
  std::vector<std::string> texts;
  for (const IPv6Prefix& range : layout.delegations) texts.push_back(to_text(range));
  return texts;
}

std::vector<std::string> description_of(std::string_view text) {
  return describe_layout(*derive_layout(prefix(text)), default_prefix_limits(prefix(text)));
}

// ---- derived ------------------------------------------------------------------------------------------------------

TEST(DerivedLayout, OfA48GivesFifteenSixteenthsToRouters) {
  const auto layout = derive_layout(prefix("2001:db8:1::/48"));

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->prefix, prefix("2001:db8:1::/48"));
  EXPECT_EQ(layout->server_address, address("2001:db8:1::1"));
  EXPECT_EQ(layout->hosts, prefix("2001:db8:1::/64"));
  EXPECT_EQ(layout->anonymous, prefix("2001:db8:1:1::/64"));
  EXPECT_THAT(delegations_of(*layout), ElementsAre("2001:db8:1:1000::/52", "2001:db8:1:2000::/51",
                                                   "2001:db8:1:4000::/50", "2001:db8:1:8000::/49"));
}

TEST(DerivedLayout, OfA32KeepsTheSameShape) {
  const auto layout = derive_layout(prefix("2001:db8::/32"));

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->hosts, prefix("2001:db8::/64"));
  EXPECT_EQ(layout->anonymous, prefix("2001:db8:0:1::/64"));
  EXPECT_THAT(delegations_of(*layout),
              ElementsAre("2001:db8:1000::/36", "2001:db8:2000::/35", "2001:db8:4000::/34", "2001:db8:8000::/33"));
}

TEST(DerivedLayout, OfA56StillHasA64ForEachKindOfHost) {
  const auto layout = derive_layout(prefix("2001:db8:0:ff00::/56"));

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->hosts, prefix("2001:db8:0:ff00::/64"));
  EXPECT_EQ(layout->anonymous, prefix("2001:db8:0:ff01::/64"));
  EXPECT_EQ(PrefixPool(layout->delegations).available(64), 240U);
}

TEST(DerivedLayout, OfA60SharesOne64AmongTheHosts) {
  const auto layout = derive_layout(prefix("2001:db8::/60"));

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->hosts, prefix("2001:db8::/65"));
  EXPECT_EQ(layout->anonymous, prefix("2001:db8:0:0:8000::/65"));
  EXPECT_EQ(PrefixPool(layout->delegations).available(64), 15U);
}

TEST(DerivedLayout, OfA63DelegatesItsUpper64) {
  const auto layout = derive_layout(prefix("2001:db8::/63"));

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->hosts, prefix("2001:db8::/65"));
  EXPECT_EQ(layout->anonymous, prefix("2001:db8:0:0:8000::/65"));
  EXPECT_THAT(delegations_of(*layout), ElementsAre("2001:db8:0:1::/64"));
}

TEST(DerivedLayout, OfA64HasNothingToDelegate) {
  const auto layout = derive_layout(prefix("2001:db8::/64"));

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->server_address, address("2001:db8::1"));
  EXPECT_EQ(layout->hosts, prefix("2001:db8::/65"));
  EXPECT_EQ(layout->anonymous, prefix("2001:db8:0:0:8000::/65"));
  EXPECT_TRUE(layout->delegations.empty());
}

TEST(DerivedLayout, IsFaultlessForEveryLength) {
  for (unsigned length = 16; length <= 64; ++length) {
    const auto layout = derive_layout(make_prefix(address("3fff::"), length));

    ASSERT_TRUE(layout) << length;
    EXPECT_EQ(find_layout_fault(*layout), std::nullopt) << length;
    EXPECT_GE(describe_layout(*layout, default_prefix_limits(layout->prefix)).size(), 5U);
  }
}

TEST(DerivedLayout, ServesUniqueLocalAndDocumentationPrefixes) {
  EXPECT_TRUE(derive_layout(prefix("fd12:3456:789a::/48")));
  EXPECT_TRUE(derive_layout(prefix("3fff:1::/48")));
}

TEST(DerivedLayout, RefusesWhatCannotBeServedAndSaysWhy) {
  EXPECT_THAT(derive_layout(prefix("2000::/15")).error(), HasSubstr("too large"));
  EXPECT_THAT(derive_layout(prefix("2001:db8::/65")).error(), HasSubstr("longer than a /64"));
  EXPECT_THAT(derive_layout(prefix("fe80::/64")).error(), HasSubstr("neither global unicast"));
  EXPECT_THAT(derive_layout(prefix("ff00::/16")).error(), HasSubstr("neither global unicast"));
  EXPECT_THAT(derive_layout(prefix("::/64")).error(), HasSubstr("neither global unicast"));
  EXPECT_THAT(derive_layout(prefix("fec0::/48")).error(), HasSubstr("neither global unicast"));
  EXPECT_THAT(derive_layout(prefix("2002:c000:201::/48")).error(), HasSubstr("6to4"));
  EXPECT_THAT(derive_layout(prefix("2001:0:1::/48")).error(), HasSubstr("Teredo"));
  EXPECT_THAT(derive_layout(prefix("2001::/20")).error(), HasSubstr("Teredo"));
}

TEST(DefaultPrefixLimits, BeginEightBitsIntoThePrefix) {
  EXPECT_EQ(default_prefix_limits(prefix("2001:db8::/32")), (PrefixLimits{48, 64}));
  EXPECT_EQ(default_prefix_limits(prefix("2001:db8::/40")), (PrefixLimits{48, 64}));
  EXPECT_EQ(default_prefix_limits(prefix("2001:db8::/44")), (PrefixLimits{52, 64}));
  EXPECT_EQ(default_prefix_limits(prefix("2001:db8::/48")), (PrefixLimits{56, 64}));
  EXPECT_EQ(default_prefix_limits(prefix("2001:db8::/56")), (PrefixLimits{64, 64}));
  EXPECT_EQ(default_prefix_limits(prefix("2001:db8::/60")), (PrefixLimits{64, 64}));
  EXPECT_EQ(default_prefix_limits(prefix("2001:db8::/64")), (PrefixLimits{64, 64}));
}

// ---- made by hand -------------------------------------------------------------------------------------------------

PoolLayout good() {
  return {.prefix = prefix("2001:db8::/48"),
          .server_address = address("2001:db8::1"),
          .hosts = prefix("2001:db8::/112"),
          .anonymous = prefix("2001:db8:0:1::/112"),
          .delegations = {prefix("2001:db8:0:100::/56"), prefix("2001:db8:0:200::/56")}};
}

std::string fault_of(const PoolLayout& layout) {
  return find_layout_fault(layout).value_or("none");
}

TEST(LayoutFault, IsNoneForASoundLayout) {
  EXPECT_EQ(fault_of(good()), "none");

  PoolLayout small = good();
  small.prefix = small.hosts = prefix("2001:db8::/126");
  small.anonymous.reset();
  small.delegations.clear();
  EXPECT_EQ(fault_of(small), "none");
}

TEST(LayoutFault, NamesThePrefixThatCannotBeServed) {
  PoolLayout layout = good();
  layout.prefix = prefix("fe80::/10");

  EXPECT_THAT(fault_of(layout), HasSubstr("fe80::/10"));
}

TEST(LayoutFault, NamesTheRangeOutsideThePrefix) {
  PoolLayout layout = good();
  layout.hosts = prefix("2001:db8:1::/64");
  EXPECT_EQ(fault_of(layout), "the range of accounts 2001:db8:1::/64 is not inside 2001:db8::/48");

  layout = good();
  layout.anonymous = prefix("2001:db8::/47");
  EXPECT_THAT(fault_of(layout), HasSubstr("anonymous clients 2001:db8::/47 is not inside"));

  layout = good();
  layout.delegations.push_back(prefix("2001:db8:1::/56"));
  EXPECT_THAT(fault_of(layout), HasSubstr("delegations 2001:db8:1::/56 is not inside"));
}

TEST(LayoutFault, NamesBothRangesThatOverlap) {
  PoolLayout layout = good();
  layout.anonymous = prefix("2001:db8::8000/113");
  EXPECT_EQ(fault_of(layout),
            "the range of anonymous clients 2001:db8::8000/113 overlaps the range of accounts 2001:db8::/112");

  layout = good();
  layout.delegations.push_back(prefix("2001:db8::/64"));
  EXPECT_THAT(fault_of(layout), HasSubstr("overlaps the range of accounts"));

  layout = good();
  layout.delegations.push_back(prefix("2001:db8:0:180::/57"));
  EXPECT_THAT(fault_of(layout), HasSubstr("overlaps the range of delegations 2001:db8:0:100::/56"));
}

TEST(LayoutFault, NamesTheRangeThatIsTooSmall) {
  PoolLayout layout = good();
  layout.hosts = prefix("2001:db8::/127");
  EXPECT_THAT(fault_of(layout), HasSubstr("accounts 2001:db8::/127 has no address to give"));

  layout = good();
  layout.anonymous = prefix("2001:db8:0:1::/128");
  EXPECT_THAT(fault_of(layout), HasSubstr("anonymous clients 2001:db8:0:1::/128 has no address to give"));

  layout = good();
  layout.delegations = {prefix("2001:db8:0:2::/65")};
  EXPECT_THAT(fault_of(layout), HasSubstr("a router needs a /64 of its own"));
}

TEST(LayoutFault, NamesAServerAddressInTheWrongPlace) {
  PoolLayout layout = good();
  layout.server_address = address("2001:db8::1:0");
  EXPECT_EQ(fault_of(layout), "the server address 2001:db8::1:0 is not inside the range of accounts 2001:db8::/112");

  layout = good();
  layout.server_address = address("2001:db8::");
  EXPECT_THAT(fault_of(layout), HasSubstr("take 2001:db8::1"));
}

// ---- described ----------------------------------------------------------------------------------------------------

TEST(LayoutDescription, TellsWhoGetsWhatAndHowMany) {
  EXPECT_THAT(
      description_of("2001:db8:1::/48"),
      ElementsAre("prefix: 2001:db8:1::/48, all of which must be routed to this host", "server address: 2001:db8:1::1",
                  "accounts: one address each from 2001:db8:1::/64: about 2^64 addresses",
                  "anonymous clients: one address each, at random, from 2001:db8:1:1::/64: about 2^64 addresses",
                  "routers: one prefix each from 2001:db8:1:1000::/52, 2001:db8:1:2000::/51, 2001:db8:1:4000::/50, "
                  "2001:db8:1:8000::/49: 240 of /56, or 3840 of /60, or 61440 of /64"));
}

TEST(LayoutDescription, OfA64SaysThatNoRouterGetsAPrefix) {
  EXPECT_THAT(description_of("2001:db8::/64"),
              Contains("routers: no prefix can be delegated: a router needs at least a /64 of its own, and "
                       "2001:db8::/64 is all there is (with a /56 or larger, routers can be served)"));
}

TEST(LayoutDescription, CountsTheFewRoutersOfASmallPrefix) {
  EXPECT_THAT(description_of("2001:db8::/63"), Contains("routers: one prefix each from 2001:db8:0:1::/64: 1 of /64"));
  EXPECT_THAT(description_of("2001:db8::/32"), Contains(AllOf(HasSubstr("61440 of /48"), HasSubstr("of /64"))));
}

TEST(LayoutDescription, NamesAllowedLengthsThatNoRangeCanServe) {
  const auto lines = describe_layout(good(), {.shortest = 48, .longest = 64});

  EXPECT_THAT(lines, Contains("routers: /48 to /55 is allowed, but no range is large enough for it"));
  EXPECT_THAT(lines, Contains(HasSubstr("2 of /56, or 32 of /60, or 512 of /64")));
}

TEST(LayoutDescription, SaysWhenNoAllowedLengthCanBeServed) {
  EXPECT_THAT(describe_layout(good(), {.shortest = 48, .longest = 52}),
              Contains("routers: no prefix can be delegated: /48 to /52 is allowed, and the ranges hold nothing larger "
                       "than a /56"));
}

TEST(LayoutDescription, SaysWhatIsNotSetApart) {
  PoolLayout layout = good();
  layout.anonymous.reset();
  layout.delegations.clear();

  const auto lines = describe_layout(layout, {});

  EXPECT_THAT(lines, Contains("anonymous clients: none can be served: no range is set apart for them"));
  EXPECT_THAT(lines, Contains("routers: no prefix can be delegated: no range is set apart for routers"));
}

TEST(LayoutDescription, CountsSmallRangesExactly) {
  const auto lines = describe_layout(good(), {.shortest = 56, .longest = 64});

  EXPECT_THAT(lines, Contains(HasSubstr("accounts: one address each from 2001:db8::/112: 65534 addresses")));
  EXPECT_THAT(lines, Contains(HasSubstr("from 2001:db8:0:1::/112: 65535 addresses")));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("no range is large enough"))));
}

// ---- IPv4 ---------------------------------------------------------------------------------------------------------

IPv6Prefix ipv4_prefix(std::string_view text) {
  return *parse_ipv4_prefix(text);
}

TEST(DerivedIPv4Layout, GivesTheUpperHalfToRouters) {
  const auto layout = derive_ipv4_layout(ipv4_prefix("100.64.0.0/16"));

  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->server_address, map_ipv4({{100, 64, 0, 1}}));
  EXPECT_EQ(layout->hosts, ipv4_prefix("100.64.0.0/18"));
  EXPECT_EQ(layout->anonymous, ipv4_prefix("100.64.64.0/18"));
  EXPECT_THAT(delegations_of(*layout), ElementsAre("100.64.128.0/17"));
  EXPECT_EQ(find_layout_fault(*layout), std::nullopt);
}

TEST(DerivedIPv4Layout, OfTheSmallestPrefixServesTwoAccountsAndTwoRouters) {
  const auto layout = derive_ipv4_layout(ipv4_prefix("192.0.2.16/28"));

  ASSERT_TRUE(layout);
  EXPECT_EQ(find_layout_fault(*layout), std::nullopt);
  EXPECT_EQ(PrefixPool(layout->delegations).available(kMappedLength + 30), 2U);
}

TEST(DerivedIPv4Layout, NeedsAPrefixOfHosts) {
  for (const char* text : {"10.0.0.0/7", "192.0.2.16/29", "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/16", "240.0.0.0/8"}) {
    EXPECT_FALSE(derive_ipv4_layout(ipv4_prefix(text))) << text;
  }
}

TEST(DerivedIPv4Layout, LimitsFollowTheSize) {
  EXPECT_EQ(default_ipv4_prefix_limits(ipv4_prefix("10.0.0.0/8")), (PrefixLimits{24, 30}));
  EXPECT_EQ(default_ipv4_prefix_limits(ipv4_prefix("100.64.0.0/20")), (PrefixLimits{28, 30}));
  EXPECT_EQ(default_ipv4_prefix_limits(ipv4_prefix("192.0.2.0/24")), (PrefixLimits{29, 30}));
}

TEST(DerivedIPv4Layout, IsDescribedWithIPv4Lengths) {
  const IPv6Prefix all = ipv4_prefix("192.0.2.0/24");
  EXPECT_THAT(describe_layout(*derive_ipv4_layout(all), default_ipv4_prefix_limits(all)),
              ElementsAre("prefix: 192.0.2.0/24, all of which must be routed to this host", "server address: 192.0.2.1",
                          "accounts: one address each from 192.0.2.0/26: 62 addresses",
                          "anonymous clients: one address each, at random, from 192.0.2.64/26: 63 addresses",
                          "routers: one prefix each from 192.0.2.128/25: 16 of /29, or 32 of /30"));
}

TEST(IPv4LayoutFault, TheServerAddressIsNotTheNetworks) {
  PoolLayout layout = *derive_ipv4_layout(ipv4_prefix("192.0.2.0/24"));
  layout.server_address = layout.hosts.base;
  EXPECT_THAT(find_layout_fault(layout).value_or(""), AllOf(HasSubstr("192.0.2.0"), HasSubstr("take 192.0.2.1")));
}

}  // namespace layout_test
}  // namespace tsp::pool
