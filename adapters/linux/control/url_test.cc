// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace url_test {

using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Url, EncodedTextDecodesToItself) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);

  EXPECT_EQ(percent_decode(percent_encode(every_byte)), every_byte);
  EXPECT_EQ(percent_encode("a/b c%"), "a%2Fb%20c%25");
  EXPECT_EQ(percent_encode("Az09-._~"), "Az09-._~");
}

TEST(Url, BadEncodingIsRefused) {
  for (const char* wrong : {"%", "%2", "%2g", "%g2", "a%"}) EXPECT_EQ(percent_decode(wrong), std::nullopt) << wrong;
}

TEST(Url, PathStaysEncodedAndQueryIsDecoded) {
  const auto url = parse_url("/api/v1/accounts/a%2Fb?after=x%26y&limit=3&flag");

  ASSERT_TRUE(url);
  EXPECT_EQ(url->path, "/api/v1/accounts/a%2Fb");
  EXPECT_THAT(url->query, UnorderedElementsAre(Pair("after", "x&y"), Pair("limit", "3"), Pair("flag", "")));
}

TEST(Url, ParameterThatComesTwiceIsRefused) {
  EXPECT_FALSE(parse_url("/x?limit=1&limit=2"));
}

}  // namespace url_test
}  // namespace tsp::linux_
