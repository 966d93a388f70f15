// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/expectation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace tsp::replay {
namespace expectation_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

TEST(Expectation, IsReadAndWrittenAsItWas) {
  const std::string text =
      "# what it shows\naccount user1 password1\nset tunnels_max 3\nset pool 2001:db8:1::/63\nset store away\nset "
      "brokers "
      "198.51.100.33,ts1.example.net\nset anonymous off\nset plain off\n"
      "set digest_md5 off\nignore nonce prefix\n\n0.000 udp 10.0.0.1:1 poll => nothing\noutcome 10.0.0.1:1 no answer\n";
  const auto expectation = parse_expectation(text);
  ASSERT_TRUE(expectation.has_value()) << expectation.error();
  EXPECT_EQ(to_text(*expectation), text);
  EXPECT_THAT(expectation->setting.accounts, UnorderedElementsAre(Pair("user1", "password1")));
  EXPECT_EQ(expectation->setting.tunnels_max, 3U);
  EXPECT_EQ(expectation->setting.pool, *parse_prefix("2001:db8:1::/63"));
  EXPECT_TRUE(expectation->setting.store_away);
  ASSERT_EQ(expectation->setting.brokers.size(), 2U);
  EXPECT_EQ(to_text(expectation->setting.brokers[1].address), "ts1.example.net");
  EXPECT_FALSE(expectation->setting.anonymous || expectation->setting.plain || expectation->setting.digest_md5);
  EXPECT_THAT(expectation->ignored, UnorderedElementsAre("nonce", "prefix"));
  EXPECT_THAT(expectation->lines, ElementsAre(HasSubstr("poll"), HasSubstr("no answer")));
}

TEST(Expectation, GivensThatItDoesNotKnowAreErrors) {
  for (const std::string line :
       {"acount a b", "account a", "set store near", "set brokers ,", "set pool 2001:db8::/96", "set pool all",
        "set tunnels_max many", "set x off", "set plain on", "account a b\naccount a c"}) {
    EXPECT_FALSE(parse_expectation(line + "\n").has_value()) << line;
  }
  EXPECT_THAT(parse_expectation("# one\nset x off\n").error(), HasSubstr("line 2"));
}

TEST(Expectation, OfANewCaptureReadsBack) {
  const Expectation made = new_expectation({{"user1", "password1"}});
  const auto read = parse_expectation(to_text(made));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->setting.accounts, made.setting.accounts);
  EXPECT_EQ(read->ignored, made.ignored);
}

TEST(Expectation, DifferencesNameTheLineAndBothSides) {
  EXPECT_THAT(differences({"a", "b"}, {"a", "b"}), IsEmpty());
  EXPECT_THAT(differences({"a", "b"}, {"a", "c", "d"}), ElementsAre("line 2:", "- b", "+ c", "line 3:", "+ d"));
  EXPECT_THAT(differences({"a"}, {}), ElementsAre("line 1:", "- a"));
}

TEST(Expectation, WhatWasLeftOutOfTheCaptureIsPartOfIt) {
  capture::Conversation conversation;
  conversation.left_out = {"packet 2: a fragment"};
  Transcript transcript;
  transcript.exchanges.push_back({.at = std::chrono::milliseconds(1250),
                                  .client = make_endpoint({{10, 0, 0, 1}}, 9),
                                  .said = "poll",
                                  .answers = {"empty", "closed"}});
  transcript.outcomes.push_back({.client = make_endpoint({{10, 0, 0, 1}}, 9),
                                 .kind = OutcomeKind::Refused,
                                 .status = 303,
                                 .step = MessageKind::Create});
  EXPECT_THAT(lines_of(conversation, transcript),
              ElementsAre("left out: packet 2: a fragment", "1.250 udp 10.0.0.1:9 poll => empty & closed",
                          "outcome 10.0.0.1:9 refused with 303 at create"));
}

}  // namespace expectation_test
}  // namespace tsp::replay
