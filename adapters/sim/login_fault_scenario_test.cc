// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: the store goes away in the middle of a DIGEST-MD5 exchange. gogoc
// survives nothing there but the exchange's own tokens, 200 and 300; other statuses make it crash.
#include <chrono>
#include <string>
#include <vector>

#include "adapters/sim/scenario.h"
#include "core/auth/digest_md5.h"
#include "core/wire/base64.h"

namespace tsp::sim {
namespace login_fault_scenario_test {

using std::chrono::seconds;

enum class Moment : std::uint8_t { AfterVersion, AfterChallenge, AfterProof };

class LoginFaults : public Scenario {
 protected:
  // A log-in with the store away from that moment on: what was answered, also late.
  std::vector<std::string> log_in(Peer& peer, Moment moment) {
    std::vector<std::string> answers;
    const auto say = [&](const std::string& text) {
      const auto answer = peer.say(text);
      if (answer) answers.push_back(*answer);
      return answer.value_or("");
    };
    const auto reach = [&](Moment reached) {
      if (reached == moment) world.store().inject(StoreFault::Unavailable);
    };
    peer.greet();
    reach(Moment::AfterVersion);
    const auto challenge = auth::parse_challenge(say("AUTHENTICATE DIGEST-MD5\r\n"));
    if (!challenge) return answers;
    reach(Moment::AfterChallenge);
    say(auth::make_response(*challenge, "alice", "wonderland", "1", "tb.example.net").token + "\r\n");
    reach(Moment::AfterProof);
    peer.take_datagrams();
    world.run_for(seconds(61));
    for (const Bytes& late : peer.take_datagrams()) answers.emplace_back(as_text(ByteView(late).subspan(8)));
    if (moment == Moment::AfterProof) say("");
    return answers;
  }
};

bool is_token(std::string_view text) {
  const auto decoded = wire::base64_decode(text);
  return decoded && (decoded->starts_with("realm=") || decoded->starts_with("rspauth="));
}

TEST_F(LoginFaults, ADigestIsAnsweredWithTokens200Or300WheneverTheStoreGoesAway) {
  std::uint16_t port = 40000;
  for (const Moment moment : {Moment::AfterVersion, Moment::AfterChallenge, Moment::AfterProof}) {
    Peer peer(world, port++);
    const std::vector<std::string> answers = log_in(peer, moment);
    ASSERT_GE(answers.size(), 2U);
    EXPECT_TRUE(is_token(answers.front())) << answers.front();
    for (const std::string& answer : answers) {
      EXPECT_TRUE(is_token(answer) || answer == kSuccess || answer == kAuthFailed) << answer;
    }
    EXPECT_EQ(answers.back(), moment == Moment::AfterProof ? kSuccess : kAuthFailed);
    world.store().inject(StoreFault::None);
    world.run_for(seconds(3));
  }
}

}  // namespace login_fault_scenario_test
}  // namespace tsp::sim
