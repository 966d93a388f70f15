// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/source_range.h"

#include <set>

#include <gtest/gtest.h>

namespace tsp::load {
namespace source_range_test {

std::string nth(std::string_view range, std::size_t number) {
  return to_text(source_address(*parse_source_range(range), number));
}

TEST(SourceRange, NeighboursAreInDifferentNetworks) {
  EXPECT_EQ(nth("127.0.0.0/8", 0), "127.0.0.1");
  EXPECT_EQ(nth("127.0.0.0/8", 1), "127.0.1.1");
  EXPECT_EQ(nth("127.0.0.0/8", 65'535), "127.255.255.1");
  EXPECT_EQ(nth("127.0.0.0/8", 65'536), "127.0.0.2");
}

TEST(SourceRange, GivesEveryAddressOnceBeforeItBeginsAgain) {
  const auto range = parse_source_range("10.1.0.0/22");
  std::set<IPv4Address> seen;
  for (std::size_t i = 0; i < 4 * 254; ++i) seen.insert(source_address(*range, i));
  EXPECT_EQ(seen.size(), 4U * 254U);
  EXPECT_EQ(source_address(*range, 4 * 254), source_address(*range, 0));
}

TEST(SourceRange, SmallNetworksKeepTheirFirstAndLastAddressFree) {
  EXPECT_EQ(nth("192.0.2.16/29", 0), "192.0.2.17");
  EXPECT_EQ(nth("192.0.2.16/29", 5), "192.0.2.22");
  EXPECT_EQ(nth("192.0.2.16/29", 6), "192.0.2.17");
}

TEST(SourceRange, OneAddressServesAllClients) {
  EXPECT_EQ(nth("192.0.2.7", 0), "192.0.2.7");
  EXPECT_EQ(nth("192.0.2.7/32", 12), "192.0.2.7");
}

TEST(SourceRange, RefusesWhatIsNoRange) {
  for (const char* text : {"", "127.0.0.1/8", "127.0.0.0/33", "127.0.0.0/", "127.0.0.0/8x", "::1/128"}) {
    EXPECT_FALSE(parse_source_range(text)) << text;
  }
}

}  // namespace source_range_test
}  // namespace tsp::load
