// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace tsp::linux_ {
namespace event_log_test {

using namespace std::chrono_literals;
using testing::ElementsAre;

class Lines final : public LogWriter {
 public:
  void write(LogLevel /*level*/, const LogLine& line) override { text.push_back(line.render(LogFormat::Text)); }
  std::vector<std::string> text;
};

Instant at(Duration since_boot) {
  return {since_boot};
}

Event tunnel_up() {
  return {.code = EventCode::TunnelUp,
          .login = "alice",
          .path = FourTuple{make_endpoint({{198, 51, 100, 7}}, 4096), make_endpoint({{192, 0, 2, 1}}, 3653)},
          .tunnel = TunnelId{17},
          .inner = parse_ipv6("2001:db8::5"),
          .delegated = parse_prefix("2001:db8:0:100::/56"),
          .detail = "digest-md5"};
}

Event refusal() {
  return {.code = EventCode::SessionRefused, .login = {}, .detail = "sessions_half_open_max"};
}

TEST(LogLine, JsonQuotesEverythingButNumbers) {
  LogLine line("tunnel_up");
  line.text("login", "a\"b").word("inner", "2001:db8::5").number("tunnel", 17);

  EXPECT_EQ(line.render(LogFormat::Json), R"("event":"tunnel_up","login":"a\"b","inner":"2001:db8::5","tunnel":17)");
  EXPECT_EQ(line.render(LogFormat::Text), R"(event=tunnel_up login="a\"b" inner=2001:db8::5 tunnel=17)");
}

TEST(EventLog, EventIsOneLineWithItsFields) {
  Lines lines;
  EventLog log(LogSettings{}, lines);
  log.record(tunnel_up(), at(100s));

  EXPECT_THAT(lines.text, ElementsAre("event=tunnel_up login=\"alice\" remote=198.51.100.7:4096 local=192.0.2.1:3653 "
                                      "tunnel=17 inner=2001:db8::5 delegated=2001:db8:0:100::/56 "
                                      "detail=\"digest-md5\""));
}

TEST(EventLog, EventsAreCountedWhetherOrNotTheyAreWritten) {
  Lines lines;
  EventLog log(LogSettings{.refusals_per_minute_max = 1}, lines);
  for (int i = 0; i < 3; ++i) log.record(refusal(), at(100s));

  EXPECT_EQ(log.counts().at("session_refused"), 3U);
  EXPECT_EQ(log.counts().at("tunnel_up"), 0U);
  EXPECT_EQ(log.counts().size(), kEventCodes);
  EXPECT_EQ(log.suppressed(), 2U);
}

TEST(EventLog, FieldsThatAreNotKnownAreLeftOut) {
  Lines lines;
  EventLog log(LogSettings{}, lines);
  log.record({.code = EventCode::BrokerReady, .login = {}, .detail = {}}, at(100s));

  EXPECT_THAT(lines.text, ElementsAre("event=broker_ready"));
}

TEST(EventLog, ClientAddressesCanBeHidden) {
  Lines lines;
  EventLog log(LogSettings{.client_addresses = ClientAddresses::Hidden}, lines);
  log.record(tunnel_up(), at(100s));

  EXPECT_THAT(lines.text.front(), testing::HasSubstr("remote=hidden local=192.0.2.1:3653"));
  EXPECT_THAT(lines.text.front(), testing::Not(testing::HasSubstr("198.51.100.7")));
}

TEST(EventLog, LoginCannotForgeALine) {
  Lines lines;
  EventLog log(LogSettings{}, lines);
  log.record({.code = EventCode::AuthenticationFailed, .login = "x\" event=tunnel_up\n", .detail = {}}, at(100s));

  EXPECT_THAT(lines.text, ElementsAre(R"(event=authentication_failed login="x\" event=tunnel_up\n")"));
}

TEST(EventLog, FloodOfRefusalsIsCountedInsteadOfWritten) {
  Lines lines;
  EventLog log(LogSettings{.refusals_per_minute_max = 2}, lines);
  for (int i = 0; i < 10; ++i) log.record(refusal(), at(100s));
  EXPECT_EQ(lines.text.size(), 2U);

  log.flush(at(159s));
  EXPECT_EQ(lines.text.size(), 2U) << "the minute is not over";
  log.flush(at(160s));
  EXPECT_EQ(lines.text.back(), "event=lines_suppressed of=session_refused count=8");
  log.flush(at(300s));
  EXPECT_EQ(lines.text.size(), 3U) << "said once";
}

TEST(EventLog, NextMinuteHasLinesAgain) {
  Lines lines;
  EventLog log(LogSettings{.refusals_per_minute_max = 1}, lines);
  log.record(refusal(), at(100s));
  log.record(refusal(), at(101s));
  log.record(refusal(), at(160s));

  EXPECT_THAT(lines.text, ElementsAre("event=session_refused detail=\"sessions_half_open_max\"",
                                      "event=lines_suppressed of=session_refused count=1",
                                      "event=session_refused detail=\"sessions_half_open_max\""));
}

TEST(EventLog, FloodOfOneEventLeavesOthersAlone) {
  Lines lines;
  EventLog log(LogSettings{.refusals_per_minute_max = 1}, lines);
  for (int i = 0; i < 10; ++i) log.record(refusal(), at(100s));
  for (int i = 0; i < 10; ++i) log.record(tunnel_up(), at(100s));

  EXPECT_EQ(lines.text.size(), 11U);
}

TEST(EventLog, MinuteOfGarbageMakesFewLines) {
  Lines lines;
  EventLog log(LogSettings{}, lines);
  for (Duration now = 30s; now < 90s; now += 100us) {
    log.record(refusal(), at(now));
    if (now % Duration(5s) == 0s) log.flush(at(now));
  }

  EXPECT_LT(lines.text.size(), 100U);
}

}  // namespace event_log_test
}  // namespace tsp::linux_
