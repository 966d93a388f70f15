// SPDX-License-Identifier: Apache-2.0
//
// Hand-written stories in the simulated world: signalling over TCP.
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "adapters/sim/scenario.h"
#include "core/auth/digest_md5.h"
#include "core/wire/message.h"

namespace tsp::sim {
namespace stream_scenario_test {

using namespace std::string_literals;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Streams : public Scenario {
 protected:
  static constexpr StreamId kStream{1};

  Streams() { open(kStream); }

  void open(StreamId stream) {
    const FourTuple path{make_endpoint(IPv4Address{{198, 18, 0, 7}}, 50000),
                         make_endpoint(IPv4Address{{192, 0, 2, 1}}, 3653)};
    world.tell(StreamOpened{stream, path});
  }
  void write(std::string_view bytes) {
    world.tell(StreamBytesArrived{kStream, as_bytes(bytes)});
    world.run_for(milliseconds(50));
  }
  // Every write, in brackets; "(closed)" at the end.
  std::string read() {
    std::string all;
    for (const Order& order : world.take_stream_orders()) {
      if (const auto* send = std::get_if<SendStream>(&order)) all += "[" + std::string(as_text(send->bytes)) + "]";
      if (std::holds_alternative<CloseStream>(order)) all += "(closed)";
    }
    return all;
  }
  std::string converse(std::string_view bytes) {
    write(bytes);
    return read();
  }
  std::string challenge() {
    converse("VERSION=2.0.2\r\n");
    const std::string answer = converse("AUTHENTICATE DIGEST-MD5\r\n\0"s);
    return answer.substr(1, answer.size() - 2);
  }
};

TEST_F(Streams, NoTunnelTypeIsAdvertisedThatCannotBeCreatedOverTcp) {
  EXPECT_EQ(converse("VERSION=2.0.2\r\n"), "[CAPABILITY TUNNEL=V6V4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n]");
}

TEST_F(Streams, MessagesMayComeByteByByte) {
  for (const char byte : "VERSION=2.0.2\r\n"s) {
    EXPECT_EQ(read(), "");
    world.tell(StreamBytesArrived{kStream, as_bytes(std::string_view(&byte, 1))});
  }
  EXPECT_NE(read(), "");
}

TEST_F(Streams, PipelinedMessagesAreAnsweredInOrderEachWithAWriteOfItsOwn) {
  EXPECT_EQ(converse("VERSION=2.0.2\r\nAUTHENTICATE ANONYMOUS\r\n"),
            "[CAPABILITY TUNNEL=V6V4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n][200 Success\r\n]");
}

TEST_F(Streams, PlainCredentialsGluedToTheirCommandAreReadAndNothingIsSaidBetween) {
  converse("VERSION=2.0.2\r\n");
  EXPECT_EQ(converse("AUTHENTICATE PLAIN\r\n\0\0alice\0wonderland\r\n"s), "[200 Success\r\n]");
}

TEST_F(Streams, PlainCredentialsMayComeLater) {
  converse("VERSION=2.0.2\r\n");
  EXPECT_EQ(converse("AUTHENTICATE PLAIN\r\n\0"s), "");
  EXPECT_EQ(converse("\0alice\0wonderland\r\n"s), "[200 Success\r\n]");
}

TEST_F(Streams, TheSuccessAfterADigestWaitsUntilTheClientHasReadTheFirstAnswer) {
  const auto parsed = auth::parse_challenge(challenge());
  ASSERT_TRUE(parsed.has_value());
  const auto response = auth::make_response(*parsed, "alice", "wonderland", "1", "broker.example");
  const std::string rspauth = converse(response.token + "\r\n");
  EXPECT_TRUE(auth::check_rspauth(rspauth.substr(1, rspauth.size() - 4), response.expected_rspauth)) << rspauth;
  world.run_for(seconds(5));
  EXPECT_EQ(read(), "") << "not before it has been acknowledged";
  world.tell(StreamDrained{kStream});
  world.run_for(milliseconds(199));
  EXPECT_EQ(read(), "") << "nor before it has been read";
  world.run_for(milliseconds(2));
  EXPECT_EQ(read(), "[200 Success\r\n]");
}

TEST_F(Streams, AFailedAuthenticationClosesTheConnection) {
  converse("VERSION=2.0.2\r\n");
  EXPECT_EQ(converse("AUTHENTICATE PLAIN\r\n\0alice\0wrong\r\n"s), "[300 Authentication failed\r\n](closed)");
}

TEST_F(Streams, UdpTunnelsCannotBeCreatedOverTcp) {
  converse("VERSION=2.0.2\r\nAUTHENTICATE ANONYMOUS\r\n");
  EXPECT_EQ(converse("\0"s + wire::framed_request("<tunnel action=\"create\" type=\"v6udpv4\"><client><address "
                                                  "type=\"ipv4\">10.0.0.2</address></client></tunnel>")),
            "[" + framed_error("303 Unsupported tunnel type") + "]");
}

TEST_F(Streams, ALineWithoutAnEndIsCutOff) {
  EXPECT_EQ(converse(std::string(5000, 'x')), "[500 Invalid request format or specified length\r\n](closed)");
}

TEST_F(Streams, ASilentConnectionIsClosed) {
  world.run_for(seconds(61));
  EXPECT_EQ(read(), "(closed)");
  EXPECT_EQ(world.broker().status().counters.sessions_now, 0U);
}

TEST_F(Streams, AConnectionThatIsClosedIsForgotten) {
  world.tell(StreamClosed{kStream});
  EXPECT_EQ(world.broker().status().counters.streams_now, 0U);
  write("VERSION=2.0.2\r\n");
  EXPECT_EQ(read(), "");
}

TEST_F(Streams, OneSourceCannotTakeAllConnections) {
  for (std::uint64_t id = 2; id <= 64; ++id) open(StreamId{id});
  EXPECT_EQ(read(), "");
  open(StreamId{65});
  EXPECT_EQ(read(), "(closed)");
}

TEST_F(Streams, WhileTheStoreIsAwayAGreetingGets530) {
  world.store().inject(StoreFault::Unavailable);
  EXPECT_EQ(world.ask(ShowAccountRequest{.login = "alice"}).status, AdminStatus::Unavailable);
  EXPECT_EQ(converse("VERSION=2.0.2\r\n"), "[530 Server too busy\r\n](closed)");
}

}  // namespace stream_scenario_test
}  // namespace tsp::sim
