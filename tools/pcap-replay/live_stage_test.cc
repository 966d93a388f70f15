// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/live_stage.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "core/wire/message.h"
#include "core/wire/udp_header.h"
#include "tools/pcap-replay/player.h"
#include "tools/tsp-load/loopback_broker_test_support.h"

namespace tsp::replay {
namespace live_stage_test {

using namespace std::string_literals;
using std::chrono::milliseconds;

const Endpoint kClient = make_endpoint({{10, 0, 0, 2}}, 40000);
const Endpoint kBroker = make_endpoint({{198, 51, 100, 1}}, 3653);

// A capture of an anonymous client that was answered at once.
class Playing : public testing::Test {
 protected:
  Playing() { exchange("VERSION=2.0.2\r\n", "CAPABILITY TUNNEL=V6UDPV4 AUTH=ANONYMOUS\r\n"); }

  void set_up_the_rest() {
    exchange("AUTHENTICATE ANONYMOUS\r\n\0"s, "200 Success\r\n");
    const wire::CreateRequest request{
        .type = RequestedType::V6UdpV4, .client_ipv4 = IPv4Address{{10, 0, 0, 2}}, .keepalive_seconds = 30};
    exchange(wire::framed_request(wire::create_text(request)), wire::framed(wire::Status::Success));
    exchange(wire::framed_request(wire::action_text("accept")), "");
  }

  void exchange(std::string_view said, std::string_view answered) {
    const wire::UdpHeader header = wire::make_udp_header(wire::Sequence(++sequence_), 1);
    utter(kClient, kBroker, wire::with_header(header, said));
    utter(kBroker, kClient, wire::with_header(header, answered));
  }
  void utter(const Endpoint& from, const Endpoint& to, Bytes bytes) {
    at_ += milliseconds(1);
    conversation_.utterances.push_back({.at = at_, .from = from, .to = to, .bytes = std::move(bytes)});
  }
  Transcript play(LiveStage& stage) {
    const Passwords passwords;
    const IgnoredFields ignored;
    return Player(stage, passwords, ignored).play(conversation_);
  }

 private:
  capture::Conversation conversation_;
  std::uint32_t sequence_ = 0xEF;
  Duration at_{};
};

TEST_F(Playing, BeforeALiveBrokerWaitsForEachAnswerThatTheClientHad) {
  set_up_the_rest();
  const load::testing::LoopbackBroker broker({});
  LiveStage stage(broker.endpoint(), milliseconds(200));
  const Transcript transcript = play(stage);
  ASSERT_EQ(transcript.outcomes.size(), 1U);
  EXPECT_EQ(transcript.outcomes[0].kind, OutcomeKind::TunnelUp);
  EXPECT_EQ(transcript.outcomes[0].unanswered, 0U);
  EXPECT_EQ(stage.send_failures(), 0U);
}

TEST_F(Playing, ARefusalIsTheOutcome) {
  set_up_the_rest();
  const load::testing::LoopbackBroker broker({.anonymous = false});
  LiveStage stage(broker.endpoint(), milliseconds(200));
  const Transcript transcript = play(stage);
  ASSERT_EQ(transcript.outcomes.size(), 1U);
  EXPECT_EQ(to_text(transcript.outcomes[0]), "outcome 10.0.0.2:40000 refused with 300 at AUTHENTICATE");
}

TEST_F(Playing, SilenceIsAnOutcomeToo) {
  const load::testing::LoopbackBroker broker({.datagrams_to_lose = 100});
  LiveStage stage(broker.endpoint(), milliseconds(10));
  const Transcript transcript = play(stage);
  ASSERT_EQ(transcript.outcomes.size(), 1U);
  EXPECT_EQ(transcript.outcomes[0].kind, OutcomeKind::NoAnswer);
}

}  // namespace live_stage_test
}  // namespace tsp::replay
