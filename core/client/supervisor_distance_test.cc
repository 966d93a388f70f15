// SPDX-License-Identifier: Apache-2.0
//
// Where there are several servers: the nearest is tried first, in bounded time, and never in a circle.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "core/client/supervisor_world.h"

namespace tsp::client {
namespace supervisor_distance_test {

using namespace std::chrono_literals;
using testing::anonymous_config;
using testing::kStart;
using testing::redirect_text;
using testing::World;

using Hosts = std::vector<std::string>;

// How long the way to each server and back is; the others do not exist.
using Ways = std::map<std::string, Duration>;

// A world in which echo requests are answered; all else is left to the test.
class MeasuredWorld : public World {
 public:
  using World::World;

  // From the first socket of a survey to the report of its end.
  void survey(const Ways& ways) {
    std::multimap<Instant, BytesArrived> arrivals;
    std::vector<Bytes> replies;
    replies.reserve(kRepliesMax);  // arrivals have views of them
    const int before = reports_of(ReportCode::Measured);
    for (std::size_t seen = sent.size(); reports_of(ReportCode::Measured) == before;) {
      open_those_of(ways);
      for (; seen < sent.size(); ++seen) {
        const SendBytes& request = sent[seen];
        replies.push_back(wire::with_header(*wire::parse_udp_header(request.bytes), testing::kSuccess));
        arrivals.emplace(now + ways.at(hosts_.at(request.socket)), BytesArrived{request.socket, replies.back()});
      }
      if (arrivals.empty()) {
        ASSERT_TRUE(wait());
        continue;
      }
      wait_until(arrivals.begin()->first);
      happen(arrivals.begin()->second);
      arrivals.erase(arrivals.begin());
    }
  }
  // As the last survey found it.
  [[nodiscard]] Hosts order() const {
    for (auto report = reports.rbegin(); report != reports.rend(); ++report) {
      if (report->code != ReportCode::Measured) continue;
      Hosts hosts;
      for (const Distance& one : report->distances) hosts.push_back(one.server.host);
      return hosts;
    }
    return {};
  }
  // The server that is to be asked for a tunnel.
  [[nodiscard]] std::string asked() const { return opening.back().server.host; }
  // The server of the attempt answers VERSION with a redirect.
  void redirect(std::initializer_list<std::string_view> brokers) {
    open();
    answer(redirect_text(1302, brokers));
  }

 private:
  static constexpr std::size_t kRepliesMax = 200;

  void open_those_of(const Ways& ways) {
    const std::vector<OpenSocket> asked_for = opening;
    for (const OpenSocket& order : asked_for) {
      const bool closed_again = std::ranges::find(closed, order.socket) != closed.end();
      if (closed_again || hosts_.contains(order.socket) || !ways.contains(order.server.host)) continue;
      hosts_[order.socket] = order.server.host;
      happen(SocketOpened{.socket = order.socket,
                          .local = {testing::ipv4("10.1.1.5"), 40000},
                          .remote = {testing::ipv4("1.1.1.1"), kTspPort}});
    }
  }

  std::map<SocketId, std::string> hosts_;
};

ClientConfig three_servers() {
  ClientConfig config = anonymous_config();
  config.more_servers = {{"second.example.net", kTspPort}, {"third.example.net", kTspPort}};
  return config;
}

TEST(ClientDistance, TheNearestOfABrokerListIsTriedFirst) {
  MeasuredWorld world(anonymous_config());
  world.redirect({"far.example.net", "near.example.net", "middle.example.net"});
  ASSERT_EQ(world.opening.size(), 4U) << "all are asked at the same time";

  world.survey({{"far.example.net", 90ms}, {"near.example.net", 8ms}, {"middle.example.net", 40ms}});

  EXPECT_EQ(world.order(), (Hosts{"near.example.net", "middle.example.net", "far.example.net"}));
  EXPECT_EQ(world.asked(), "near.example.net");
  world.bring_up();
  EXPECT_EQ(world.closed.size(), 4U) << "of all but the tunnel";
}

TEST(ClientDistance, TheNextNearestFollowsTheNearest) {
  MeasuredWorld world(anonymous_config());
  world.redirect({"far.example.net", "near.example.net"});
  world.survey({{"far.example.net", 90ms}, {"near.example.net", 8ms}});
  world.open();
  world.answer("530 Server too busy\r\n");
  EXPECT_EQ(world.asked(), "far.example.net");
  EXPECT_EQ(world.reports_of(ReportCode::Measured), 1);
}

TEST(ClientDistance, EquallyFarBrokersKeepTheirOrderAndSilentOnesComeLast) {
  MeasuredWorld world(anonymous_config());
  world.redirect({"silent.example.net", "a.example.net", "b.example.net"});
  world.survey({{"a.example.net", 13ms}, {"b.example.net", 10ms}});
  EXPECT_EQ(world.order(), (Hosts{"a.example.net", "b.example.net", "silent.example.net"}));
  EXPECT_LE(world.now - kStart, 2s);
}

TEST(ClientDistance, WhereNobodyAnswersTheListIsTriedInItsOrderAfterThreeSeconds) {
  MeasuredWorld world(anonymous_config());
  world.redirect({"one.example.net", "two.example.net"});
  world.survey({});
  EXPECT_EQ(world.asked(), "one.example.net");
  EXPECT_EQ(world.now, kStart + Survey::kPatience);
}

TEST(ClientDistance, ASingleBrokerIsNotMeasured) {
  World world(anonymous_config());
  world.open();
  world.answer(redirect_text(1302, {"ts1.example.net"}));
  world.open();
  EXPECT_EQ(world.last_text(), "VERSION=2.0.2\r\n");
  EXPECT_EQ(world.reports_of(ReportCode::Measured), 0);
}

TEST(ClientDistance, TheNearestOfSeveralConfiguredServersIsTriedFirst) {
  MeasuredWorld world(three_servers());
  EXPECT_EQ(world.reports_of(ReportCode::Connecting), 0);
  world.survey({{"tb.example.net", 60ms}, {"second.example.net", 7ms}, {"third.example.net", 30ms}});
  EXPECT_EQ(world.asked(), "second.example.net");
  world.bring_up();
}

TEST(ClientDistance, ItIsNotMeasuredWhereTheOrderIsToBeKept) {
  ClientConfig config = three_servers();
  config.measure_distance = false;
  World world(config);
  world.open();
  EXPECT_EQ(world.last_text(), "VERSION=2.0.2\r\n");
  world.answer(redirect_text(1302, {"one.example.net", "two.example.net"}));
  EXPECT_EQ(world.opening.size(), 2U);
  EXPECT_EQ(world.opening.back().server.host, "one.example.net");
}

TEST(ClientDistance, TheUsualServerIsKeptAmongEquals) {
  MeasuredWorld world(three_servers());
  world.survey({{"tb.example.net", 12ms}, {"third.example.net", 5ms}});
  EXPECT_EQ(world.asked(), "third.example.net");
  world.bring_up();
  world.wait_until(world.now + 15s);
  ASSERT_FALSE(world.up) << "no keepalive was answered";
  const std::size_t before = world.opening.size();
  while (world.opening.size() == before) world.wait();

  world.survey({{"tb.example.net", 6ms}, {"second.example.net", 5ms}, {"third.example.net", 9ms}});

  EXPECT_EQ(world.asked(), "third.example.net");
}

TEST(ClientDistance, AServerWithAPrivateAddressOfARedirectIsNotEvenMeasured) {
  World world(anonymous_config());
  world.open();
  world.answer(redirect_text(1302, {"one.example.net", "two.example.net"}));
  const std::size_t before = world.sent.size();
  for (std::size_t i = 1; i <= 2; ++i) {
    world.happen(SocketOpened{world.opening[i].socket, make_endpoint(*parse_ipv4("10.1.1.5"), 40000),
                              make_endpoint(*parse_ipv4("192.168.0.1"), kTspPort)});
  }
  EXPECT_EQ(world.sent.size(), before);
  EXPECT_EQ(world.reports_of(ReportCode::Measured), 1) << "nobody is left to wait for";
}

TEST(ClientDistance, NamesThatAreNotFoundAreNotWaitedFor) {
  World world(three_servers());
  for (const OpenSocket& order : std::vector<OpenSocket>(world.opening)) {
    world.happen(SocketFailed{order.socket, "no such name"});
  }
  EXPECT_EQ(world.reports_of(ReportCode::Measured), 1);
  EXPECT_EQ(world.now, kStart);
  EXPECT_EQ(world.opening.back().server.host, "tb.example.net");
}

// Each list names all servers there are, so only what was visited ends it.
TEST(ClientDistance, BrokersThatSendClientsToEachOtherEndTheRound) {
  const Ways ways{{"tb.example.net", 5ms}, {"a.example.net", 30ms}, {"b.example.net", 60ms}, {"c.example.net", 90ms}};
  MeasuredWorld world(anonymous_config());
  std::set<std::string> redirecting;
  while (world.reports_of(ReportCode::Waiting) == 0) {
    EXPECT_TRUE(redirecting.insert(world.asked()).second) << world.asked() << " is asked twice";
    world.redirect({"tb.example.net", "c.example.net", "b.example.net", "a.example.net"});
    if (redirecting.size() <= 2) world.survey(ways);
  }
  EXPECT_EQ(redirecting.size(), 4U);
  EXPECT_EQ(world.last_failure(), FailureKind::RedirectRefused);
}

TEST(ClientDistance, NoMoreHopsThanAllowedHoweverNear) {
  ClientConfig config = anonymous_config();
  config.redirects.hops_max = 2;
  MeasuredWorld world(config);
  for (const std::string hop : {"1", "2"}) {
    const std::string near = "near" + hop + ".example.net";
    world.redirect({"far" + hop + ".example.net", near});
    world.survey({{near, 5ms}});
    EXPECT_EQ(world.asked(), near);
  }
  world.redirect({"near3.example.net", "far3.example.net"});
  EXPECT_EQ(world.last_failure(), FailureKind::RedirectRefused);
}

TEST(ClientDistance, AStopEndsASurvey) {
  World world(three_servers());
  world.happen(StopRequested{});
  EXPECT_EQ(world.finished, FinishReason::Stopped);
  EXPECT_EQ(world.closed.size(), 3U);
  EXPECT_FALSE(world.wait());
}

TEST(ClientDistance, AnotherOuterAddressBeginsTheSurveyAnew) {
  MeasuredWorld world(three_servers());
  world.happen(OuterAddressChanged{});
  EXPECT_EQ(world.closed.size(), 3U);
  EXPECT_EQ(world.opening.size(), 6U);
  world.survey({{"third.example.net", 5ms}});
  EXPECT_EQ(world.asked(), "third.example.net");
}

}  // namespace supervisor_distance_test
}  // namespace tsp::client
