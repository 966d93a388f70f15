// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/protocol.h"

#include "adapters/sim/checkers/checkers_test_world.h"

namespace tsp::sim {
namespace protocol_test {

using testing::StartsWith;

constexpr std::string_view kChallenge =
    "cmVhbG09ImJyb2tlci5leGFtcGxlIixub25jZT0iNWYxZDdjMGE5YmUyNDM4NiIscW9wPSJhdXRoIg==\r\n";

class ProtocolTest : public Watched<Protocol> {
 protected:
  ProtocolTest() { commit({put(host_prefix(kInner), kAlice), put(kPrefix, kBob)}); }
};

TEST_F(ProtocolTest, AnotherAnswerToTheSameMessageIsFound) {
  log_in(kPath);
  converse(kPath, 0xF3, "create", "first");
  arrive(kPath, datagram(0xF3, "create", 2));
  leave(kPath, datagram(0xF3, "first", 2));
  EXPECT_EQ(found(), "nothing");
  arrive(kPath, datagram(0xF3, "create", 3));
  leave(kPath, datagram(0xF3, "second", 3));
  EXPECT_THAT(found(), StartsWith("invariant 9,"));
}

TEST_F(ProtocolTest, AnAnswerToSomebodyWhoHasSaidNothingIsFound) {
  arrive(kPath, datagram(0xF0, "VERSION=2.0.2\r\n"));
  leave(kOtherPath, datagram(0xF0, "CAPABILITY\r\n"));
  EXPECT_THAT(found(), StartsWith("invariant 10,"));
}

TEST_F(ProtocolTest, AnAnswerUnderAnotherHeaderIsFound) {
  arrive(kPath, datagram(0xF0, "VERSION=2.0.2\r\n"));
  leave(kPath, datagram(0xF0, "CAPABILITY\r\n", 9));
  EXPECT_THAT(found(), StartsWith("invariant 10,"));
}

TEST_F(ProtocolTest, AnAnswerInTheNextLifeOfTheProcessIsFound) {
  arrive(kPath, datagram(0xF0, "VERSION=2.0.2\r\n"));
  truth.on_crash();
  leave(kPath, datagram(0xF0, "CAPABILITY\r\n"));
  EXPECT_THAT(found(), StartsWith("invariant 10,"));
}

TEST_F(ProtocolTest, AnOfferToSomebodyWhoHasNotLoggedInIsFound) {
  converse(kPath, 0xF0, "VERSION=2.0.2\r\n", "CAPABILITY AUTH=PLAIN\r\n");
  converse(kPath, 0xF2, kAliceSays, "300 Authentication failed\r\n");
  converse(kPath, 0xF3, "create", offer_of(kInner));
  EXPECT_THAT(found(), StartsWith("invariant 11,"));
}

TEST_F(ProtocolTest, AnOfferOfAnotherAccountsPrefixIsFound) {
  log_in(kPath);
  converse(kPath, 0xF3, "create", offer_of(kInner));
  EXPECT_EQ(found(), "nothing");
  converse(kPath, 0xF4, "create", offer_of(kInner, kPrefix));
  EXPECT_THAT(found(), StartsWith("invariant 11,"));
}

TEST_F(ProtocolTest, ANonceThatIsGivenTwiceIsFound) {
  converse(kPath, 0xF1, "AUTHENTICATE DIGEST-MD5\r\n", kChallenge);
  converse(kPath, 0xF1, "AUTHENTICATE DIGEST-MD5\r\n", kChallenge);
  EXPECT_EQ(found(), "nothing");
  converse(kOtherPath, 0xF1, "AUTHENTICATE DIGEST-MD5\r\n", kChallenge);
  EXPECT_THAT(found(), StartsWith("invariant 11,"));
}

TEST_F(ProtocolTest, RefusalsThatDifferAreFound) {
  converse(kPath, 0xF2, kAliceSays, "300 Authentication failed\r\n");
  converse(kOtherPath, 0xF2, kAliceSays, "300 No such user\r\n");
  EXPECT_THAT(found(), StartsWith("invariant 11,"));
}

TEST_F(ProtocolTest, MoreAnswersThanMessagesAreFound) {
  converse(kPath, 0xF0, "VERSION=2.0.2\r\n", "CAPABILITY\r\n");
  leave(kPath, datagram(0xF0, "CAPABILITY\r\n"));
  EXPECT_THAT(found(), StartsWith("invariant 12,"));
}

TEST_F(ProtocolTest, AStrangerWhoGetsMuchForLittleIsFound) {
  converse(kPath, 0xF0, "VERSION=2.0.2\r\n", std::string(300, 'x'));
  EXPECT_EQ(found(), "nothing");
  converse(kPath, 0xF1, "AUTHENTICATE PLAIN\r\n", std::string(400, 'x'));
  EXPECT_THAT(found(), StartsWith("invariant 12,"));
}

TEST_F(ProtocolTest, AListOfBrokersIsMuchForLittleAndAllowedNowAndThen) {
  const std::string list = "1530 Server too busy\r\n" + std::string(600, 'x');
  for (std::uint32_t i = 0; i < 6; ++i) converse(kPath, i, "VERSION=2.0.2\r\n", list);
  EXPECT_EQ(found(), "nothing");
  converse(kOtherPath, 0xF0, "VERSION=2.0.2\r\n", list);
  EXPECT_THAT(found(), StartsWith("invariant 12,"));
}

TEST_F(ProtocolTest, ALongListOfBrokersInOneDatagramIsFound) {
  std::string list = "1530 Server too busy\r\n";
  for (int i = 0; i < 4; ++i) list += "<address type=\"ipv4\">192.0.2.33</address>";
  converse(kPath, 0xF0, "VERSION=2.0.2\r\n", list);
  EXPECT_THAT(found(), StartsWith("invariant 12,"));
}

}  // namespace protocol_test
}  // namespace tsp::sim
