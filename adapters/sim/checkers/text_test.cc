// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/text.h"

#include <gtest/gtest.h>

#include "adapters/sim/checkers/checkers_test_world.h"

namespace tsp::sim {
namespace text_test {

const IPv6Address kOuter = map_ipv4({{198, 51, 100, 7}});

TEST(CheckersText, OffersAreFound) {
  EXPECT_EQ(find_offer(offer_of(kInner)), (ToldOffer{.inner = kInner, .outer = kOuter}));
  EXPECT_EQ(find_offer(offer_of(kInner, kPrefix)), (ToldOffer{.inner = kInner, .delegated = kPrefix, .outer = kOuter}));
  EXPECT_EQ(find_offer("<tunnel type=\"v4v6\"><client><address type=\"ipv4\" length=\"32\">192.0.2.7</address>"
                       "<address type=\"ipv6\">2001:db8::7</address><prefix length=\"24\">198.51.100.0</prefix>"),
            (ToldOffer{.inner = map_ipv4({{192, 0, 2, 7}}),
                       .delegated = map_ipv4({{198, 51, 100, 0}}, 24),
                       .outer = *parse_ipv6("2001:db8::7")}));
  EXPECT_EQ(find_offer("Content-length: 13\r\n200 Success\r\n"), std::nullopt);
}

TEST(CheckersText, LoginsAreFound) {
  EXPECT_EQ(find_login(kAliceSays), "alice");
  EXPECT_EQ(find_login("dXNlcm5hbWU9ImFsXCJpY2UiLHJlYWxtPSJicm9rZXIuZXhhbXBsZSIsbm9uY2U9IjAxMjMi\r\n"), "al\"ice");
  EXPECT_EQ(find_login(std::string_view("authenticate anonymous\r\n\0", 25)), "");
  EXPECT_EQ(find_login(std::string_view("AUTHENTICATE PLAIN\r\n\0", 21)), std::nullopt);
  EXPECT_EQ(find_login(kAccept), std::nullopt);
  EXPECT_EQ(find_login(""), std::nullopt);
}

TEST(CheckersText, PartsOfADigestExchangeAreFound) {
  EXPECT_EQ(find_nonce("cmVhbG09ImJyb2tlci5leGFtcGxlIixub25jZT0iNWYxZDdjMGE5YmUyNDM4NiIscW9wPSJhdXRoIg==\r\n"),
            "5f1d7c0a9be24386");
  EXPECT_EQ(find_nonce("200 Success\r\n"), std::nullopt);
  // RFC 5572 figure 12.
  EXPECT_TRUE(is_rspauth("cnNwYXV0aD03MGQ1Y2FiYzkyMzU1NjhiZTM4MGJhMmM5MDczODFmZQ=="));
  EXPECT_FALSE(is_rspauth("300 Authentication failed\r\n"));
}

TEST(CheckersText, KindsAreTold) {
  EXPECT_EQ(kind_of("VERSION=2.0.2\r\n"), MessageKind::Hello);
  EXPECT_EQ(kind_of("Authenticate PLAIN\r\n"), MessageKind::Authenticate);
  EXPECT_EQ(kind_of(kAccept), MessageKind::Accept);
  EXPECT_EQ(kind_of(""), MessageKind::Other);
}

}  // namespace text_test
}  // namespace tsp::sim
