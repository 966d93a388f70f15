// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <tsp/address.h>

namespace tsp {
namespace address_test {

IPv6Address ipv6(std::string_view text) {
  return parse_ipv6(text).value();
}
IPv6Prefix prefix(std::string_view text) {
  return parse_prefix(text).value();
}

struct TextForm {
  std::string_view given;
  std::string_view canonical;
};

TEST(IPv6AddressText, EveryLegalFormIsReadAndWrittenCanonically) {
  const TextForm forms[] = {
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"0:0:0:0:0:0:0:0", "::"},
      {"2001:DB8::1", "2001:db8::1"},
      {"2001:db8:c18:ffff::0000:0000:0000:0001", "2001:db8:c18:ffff::1"},  // as RFC 5572 writes it
      {"2001:0db8:0000:0100:0000:0000:0000:0001", "2001:db8:0:100::1"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"1::3:4:5:6:7:8", "1:0:3:4:5:6:7:8"},
      {"1:0:0:4:5:0:0:8", "1::4:5:0:0:8"},
      {"1:0:0:4:0:0:0:8", "1:0:0:4::8"},
      {"0:0:1::", "0:0:1::"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221"},
      {"::ffff:192.0.2.33", "::ffff:192.0.2.33"},
      {"::FFFF:C000:0221", "::ffff:192.0.2.33"},
      {"fe80::AbCd", "fe80::abcd"},
  };
  for (const auto& [given, canonical] : forms) {
    const auto address = parse_ipv6(given);
    ASSERT_TRUE(address.has_value()) << given;
    EXPECT_EQ(to_text(*address), canonical) << given;
    EXPECT_EQ(parse_ipv6(canonical), address) << given;
    EXPECT_EQ(parse_ipv6(to_full_text(*address)), address) << given;
  }
}

TEST(IPv6AddressText, WhatIsNoAddressIsRefused) {
  for (const std::string_view text : {"",
                                      ":",
                                      ":::",
                                      "1",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1::2::3",
                                      "1:2:3:4::5:6:7:8:9",
                                      ":1::",
                                      "1:::2",
                                      "::1:",
                                      ":1:2:3:4:5:6:7:8",
                                      "1:2:3:4:5:6:7:8:",
                                      "12345::",
                                      "g::",
                                      "::-1",
                                      " ::1",
                                      "::1 ",
                                      "fe80::1%eth0",
                                      "[::1]",
                                      "::1/128",
                                      "1.2.3.4",
                                      "::1.2.3",
                                      "::1.2.3.4.5",
                                      "::256.0.0.1",
                                      "1.2.3.4::",
                                      "::1.2.3.4:5",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "1:2:3:4:5:6:7::1.2.3.4",
                                      "::0x1",
                                      "1: :2"}) {
    EXPECT_FALSE(parse_ipv6(text).has_value()) << text;
  }
}

TEST(IPv6AddressText, AZeroByteDoesNotEndTheText) {
  EXPECT_FALSE(parse_ipv6(std::string_view("::1\0", 4)).has_value());
  EXPECT_FALSE(parse_ipv4(std::string_view("192.0.2.1\0", 10)).has_value());
}

TEST(IPv6AddressText, TheFullFormHas39Characters) {
  EXPECT_EQ(to_full_text(ipv6("2001:db8:501:e300::")), "2001:0db8:0501:e300:0000:0000:0000:0000");
  EXPECT_EQ(to_full_text(ipv6("::")).size(), 39U);
}

TEST(IPv4AddressText, DottedQuadsAreReadAndWritten) {
  for (const std::string_view text : {"0.0.0.0", "192.0.2.1", "255.255.255.255", "10.20.30.40"}) {
    const auto address = parse_ipv4(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_EQ(to_text(*address), text);
  }
  EXPECT_EQ(parse_ipv4("010.001.009.08"), parse_ipv4("10.1.9.8")) << "decimal, whatever the leading zeros";
}

TEST(IPv4AddressText, WhatIsNoDottedQuadIsRefused) {
  for (const std::string_view text :
       {"", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", ".1.2.3", "1..2.3", "256.0.0.1", "1.2.3.1000",
        "0001.2.3.4", "+1.2.3.4", "1.2.3.-4", " 1.2.3.4", "1.2.3.4 ", "0x1.2.3.4", "a.b.c.d", "1.2.3.4/32"}) {
    EXPECT_FALSE(parse_ipv4(text).has_value()) << text;
  }
}

TEST(IPv6PrefixText, IsReadAndWritten) {
  for (const std::string_view text : {"::/0", "2001:db8::/32", "2001:db8:0:100::/56", "2001:db8::1/128", "8000::/1"}) {
    EXPECT_EQ(to_text(prefix(text)), text);
  }
}

TEST(IPv6PrefixText, BitsBeyondTheLengthAndBadLengthsAreRefused) {
  for (const std::string_view text : {"2001:db8::1/64", "2001:db8::/28", "::/129", "::/", "::", "/64", "::/-1", "::/+1",
                                      "::/6 4", "::/4294967296", "192.0.2.0/24", "::/64/64"}) {
    EXPECT_FALSE(parse_prefix(text).has_value()) << text;
  }
}

TEST(IPv6Prefix, MakingOneClearsTheBitsBeyondItsLength) {
  const IPv6Address ones = ipv6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(to_text(make_prefix(ones, 0)), "::/0");
  EXPECT_EQ(to_text(make_prefix(ones, 1)), "8000::/1");
  EXPECT_EQ(to_text(make_prefix(ones, 52)), "ffff:ffff:ffff:f000::/52");
  EXPECT_EQ(to_text(make_prefix(ones, 56)), "ffff:ffff:ffff:ff00::/56");
  EXPECT_EQ(make_prefix(ones, 128), host_prefix(ones));
}

TEST(IPv6Prefix, ContainsItsAddressesAndLongerPrefixes) {
  const IPv6Prefix p = prefix("2001:db8:0:100::/56");
  EXPECT_TRUE(p.contains(ipv6("2001:db8:0:100::")));
  EXPECT_TRUE(p.contains(ipv6("2001:db8:0:1ff:ffff:ffff:ffff:ffff")));
  EXPECT_FALSE(p.contains(ipv6("2001:db8:0:200::")));
  EXPECT_FALSE(p.contains(ipv6("2001:db8:0:ff::")));
  EXPECT_TRUE(p.contains(p));
  EXPECT_TRUE(p.contains(prefix("2001:db8:0:1f0::/64")));
  EXPECT_FALSE(p.contains(prefix("2001:db8::/48")));
  EXPECT_TRUE(prefix("::/0").contains(ipv6("ff02::1")));
}

TEST(IPv6Prefix, OverlapIsSymmetric) {
  const IPv6Prefix wide = prefix("2001:db8::/48");
  const IPv6Prefix narrow = prefix("2001:db8:0:100::/56");
  const IPv6Prefix beside = prefix("2001:db8:0:200::/56");
  EXPECT_TRUE(wide.overlaps(narrow));
  EXPECT_TRUE(narrow.overlaps(wide));
  EXPECT_FALSE(narrow.overlaps(beside));
  EXPECT_FALSE(beside.overlaps(narrow));
}

TEST(Endpoint, IPv4IsKeptMapped) {
  const Endpoint endpoint = make_endpoint(parse_ipv4("192.0.2.1").value(), 3653);
  EXPECT_TRUE(endpoint.is_ipv4());
  EXPECT_EQ(endpoint.ipv4(), parse_ipv4("192.0.2.1"));
  EXPECT_EQ(endpoint.address, ipv6("::ffff:192.0.2.1"));
  EXPECT_EQ(to_text(endpoint), "192.0.2.1:3653");
}

TEST(MappedAddress, IsWrittenAsIPv4WhereEitherMayStand) {
  EXPECT_EQ(to_unmapped_text(ipv6("::ffff:192.0.2.1")), "192.0.2.1");
  EXPECT_EQ(to_unmapped_text(ipv6("2001:db8::1")), "2001:db8::1");
  EXPECT_FALSE(is_mapped(ipv6("::192.0.2.1")));
}

TEST(MappedAddress, IsReadWhereEitherMayStand) {
  EXPECT_EQ(parse_address("192.0.2.1"), map_ipv4({{192, 0, 2, 1}}));
  EXPECT_EQ(parse_address("2001:db8::1"), ipv6("2001:db8::1"));
  EXPECT_EQ(parse_address("192.0.2"), std::nullopt);
  EXPECT_EQ(parse_mapped_ipv4("2001:db8::1"), std::nullopt);
}

TEST(MappedAddress, EachVersionHasOneThatStandsForAll) {
  EXPECT_TRUE(is_any(ipv6("::")));
  EXPECT_TRUE(is_any(map_ipv4(IPv4Address{})));
  EXPECT_FALSE(is_any(ipv6("::1")));
}

TEST(MappedPrefix, LengthsAreWrittenAsInTheirVersion) {
  EXPECT_EQ(written_length(parse_ipv4_prefix("192.0.2.64/26").value()), 26U);
  EXPECT_EQ(written_length(map_ipv4(IPv4Address{}, 0)), 0U);
  EXPECT_EQ(written_length(prefix("2001:db8::/32")), 32U);
}

TEST(MappedPrefix, IsAnIPv4PrefixOf96BitsMore) {
  const IPv6Prefix mapped = parse_ipv4_prefix("192.0.2.64/26").value();
  EXPECT_EQ(mapped, map_ipv4(parse_ipv4("192.0.2.127").value(), 26));
  EXPECT_EQ(mapped.length, 122);
  EXPECT_TRUE(is_mapped(mapped));
  EXPECT_EQ(to_text(mapped), "192.0.2.64/26");
  EXPECT_FALSE(is_mapped(prefix("::/0"))) << "holds IPv4, and more";
}

TEST(MappedPrefix, IsReadStrictly) {
  for (const char* text : {"192.0.2.1/24", "192.0.2.0", "192.0.2.0/33", "192.0.2/24", "2001:db8::/32", "/24"}) {
    EXPECT_FALSE(parse_ipv4_prefix(text).has_value()) << text;
  }
}

TEST(Endpoint, IPv6IsWrittenInBrackets) {
  const Endpoint endpoint{ipv6("2001:db8::1"), 0};
  EXPECT_FALSE(endpoint.is_ipv4());
  EXPECT_EQ(to_text(endpoint), "[2001:db8::1]:0");
}

}  // namespace address_test
}  // namespace tsp
