// SPDX-License-Identifier: Apache-2.0
//
// gogoc says the same again for 66 seconds before it gives up: until then everything is as it was, in every state.
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "adapters/sim/scenario.h"
#include "core/auth/digest_md5.h"
#include "core/wire/message.h"

namespace tsp::sim {
namespace patience_scenario_test {

using std::chrono::seconds;

constexpr Duration kSilence = seconds(66);

class Patience : public Scenario {
 protected:
  // The answer, which is the same after that silence; what is said next shows that the session is still there.
  std::string say(std::string_view text) {
    const auto answer = peer.say(text);
    EXPECT_TRUE(answer.has_value()) << text;
    world.run_for(kSilence);
    EXPECT_EQ(peer.send(peer.sequence(), text), answer) << text;
    return answer.value_or("none");
  }
  void greet() { EXPECT_THAT(say("VERSION=2.0.2\r\n"), testing::StartsWith("CAPABILITY ")); }
  void take_a_tunnel() {
    const wire::CreateRequest request{
        .type = RequestedType::V6UdpV4, .client_ipv4 = IPv4Address{{10, 0, 0, 2}}, .keepalive_seconds = 30};
    EXPECT_THAT(say(wire::framed_request(wire::create_text(request))), testing::HasSubstr(kSuccess));
    EXPECT_EQ(say(Peer::action("accept")), "");
  }

  Peer peer{world, 40000};
};

TEST_F(Patience, AnAnonymousSessionSurvives66SecondsOfSilenceInEachState) {
  greet();
  EXPECT_EQ(say("AUTHENTICATE ANONYMOUS\r\n"), kSuccess);
  take_a_tunnel();
}

TEST_F(Patience, ASessionWithPlainSurvives66SecondsOfSilenceInEachState) {
  greet();
  EXPECT_EQ(say("AUTHENTICATE PLAIN\r\n"), "");
  EXPECT_EQ(say(std::string("\0alice\0wonderland\r\n", 19)), kSuccess);
  take_a_tunnel();
}

TEST_F(Patience, ASessionWithDigestSurvives66SecondsOfSilenceInEachState) {
  greet();
  const auto challenge = auth::parse_challenge(say("AUTHENTICATE DIGEST-MD5\r\n"));
  ASSERT_TRUE(challenge.has_value());
  const auto response = auth::make_response(*challenge, "alice", "wonderland", "1700000000", "broker.example");
  EXPECT_TRUE(auth::check_rspauth(say(response.token + "\r\n"), response.expected_rspauth));
  EXPECT_EQ(say(""), kSuccess);
  take_a_tunnel();
}

TEST_F(Patience, ARefusedLoginIsRefusedInTheSameWordsAfter66Seconds) {
  greet();
  EXPECT_EQ(say("AUTHENTICATE PLAIN\r\n"), "");
  EXPECT_EQ(say(std::string("\0alice\0wrong\r\n", 14)), kAuthFailed);
}

}  // namespace patience_scenario_test
}  // namespace tsp::sim
