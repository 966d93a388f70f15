// SPDX-License-Identifier: Apache-2.0
#include "core/auth/directives.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tsp::auth {
namespace directives_test {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::vector<std::pair<std::string, std::string>> parse(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const auto directives = parse_directives(text);
  if (!directives) return {{"error", ""}};
  for (const auto& [name, value] : *directives) pairs.emplace_back(name, value);
  return pairs;
}

TEST(Directives, AreReadWithAndWithoutQuotes) {
  EXPECT_THAT(parse("realm=hexos,nonce=\"42\",qop=auth"),
              ElementsAre(Pair("realm", "hexos"), Pair("nonce", "42"), Pair("qop", "auth")));
}

TEST(Directives, ACommaInsideQuotesSeparatesNothing) {
  EXPECT_THAT(parse("realm=\"a,b=c\",qop=auth"), ElementsAre(Pair("realm", "a,b=c"), Pair("qop", "auth")));
}

TEST(Directives, EscapesAreUndone) {
  EXPECT_THAT(parse(R"(username="a\"b\\c\d")"), ElementsAre(Pair("username", R"(a"b\cd)")));
}

TEST(Directives, BlanksAndEmptyElementsAreSkipped) {
  EXPECT_THAT(parse(" realm = \"x\" ,,\tqop=auth \t, "), ElementsAre(Pair("realm", "x"), Pair("qop", "auth")));
  EXPECT_THAT(parse(""), IsEmpty());
}

TEST(Directives, NamesAreReadInAnyCaseAndValuesKeepTheirs) {
  EXPECT_THAT(parse("Digest-URI=TSP/X"), ElementsAre(Pair("digest-uri", "TSP/X")));
}

TEST(Directives, AValueMayBeEmptyOrHoldAnEqualsSign) {
  EXPECT_THAT(parse("a=,b=\"\",c=x=y"), ElementsAre(Pair("a", ""), Pair("b", ""), Pair("c", "x=y")));
}

TEST(Directives, WhatIsNotAListIsRefused) {
  for (const char* text : {"realm", "=x", "realm=\"x", "realm=\"x\\", "realm=\"x\"y", "realm=x\"y\"", "re alm=x",
                           "realm=a\x01", "realm=\"a\x7F\"", "realm=\"a\n\""}) {
    EXPECT_FALSE(parse_directives(text)) << text;
  }
  EXPECT_FALSE(parse_directives(std::string_view("realm=a\0b", 9)));
}

TEST(Directives, WhatIsQuotedReadsBackTheSame) {
  for (const char* value : {"", "plain", "a,b", R"(")", R"(\)", R"(\"\\)", "a\tb", "J\xC3\xBCrgen = x"}) {
    EXPECT_THAT(parse("v=" + quote(value)), ElementsAre(Pair("v", value)));
  }
}

}  // namespace directives_test
}  // namespace tsp::auth
