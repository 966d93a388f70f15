// SPDX-License-Identifier: Apache-2.0
#include "core/client/supervisor.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "core/client/test_support.h"

namespace tsp::client {
namespace {

using namespace std::chrono_literals;
using testing::account_config;
using testing::anonymous_config;
using testing::frame;
using testing::inner_packet;
using testing::kCapability;
using testing::kSuccess;
using testing::OfferText;

constexpr Instant kStart{1000s};
constexpr std::string_view kClient = "2001:db8:0:100::2";
constexpr std::string_view kServer = "2001:db8:0:100::1";

// A client whose orders are written down and executed only as far as the test says.
class World {
 public:
  explicit World(const ClientConfig& config) : client_(config, Seed{1, 2, 3}, kStart) { take_orders(); }

  void happen(const Fact& fact) {
    client_.handle(now, fact);
    take_orders();
  }
  // To the next deadline; false if there is none.
  bool wait() {
    const auto deadline = client_.next_deadline();
    if (!deadline) return false;
    idle_waits_ = *deadline > now ? 0 : idle_waits_ + 1;
    if (idle_waits_ > 10) {
      ADD_FAILURE() << "the deadline does not move on";
      return false;
    }
    now = std::max(now, *deadline);
    client_.advance(now);
    take_orders();
    return true;
  }
  void wait_until(Instant until) {
    while (client_.next_deadline() && *client_.next_deadline() <= until) wait();
    now = std::max(now, until);
  }

  // Opens the socket that was asked for last.
  void open() {
    happen(SocketOpened{.socket = opening.back().socket,
                        .local = make_endpoint(*parse_ipv4("10.1.1.5"), 40000),
                        .remote = make_endpoint(*parse_ipv4("1.1.1.1"), kTspPort)});
  }
  // Answers the last datagram sent on its socket.
  void answer(std::string_view text) {
    ASSERT_FALSE(sent.empty());
    const SendBytes last = sent.back();
    if (transports[last.socket] == Transport::Tcp) {
      happen(BytesArrived{last.socket, as_bytes(text)});
      return;
    }
    const Bytes reply = wire::with_header(*wire::parse_udp_header(last.bytes), text);
    happen(BytesArrived{last.socket, reply});
  }
  // From SocketOpened to the accepted offer.
  void negotiate(const std::string& offer = OfferText{}.framed()) {
    answer(kCapability);
    answer(kSuccess);
    answer(offer);
    ASSERT_TRUE(preparing);
    happen(TunnelPrepared{preparing->socket, {}});
    preparing.reset();
    if (transports[sent.back().socket] == Transport::Udp) answer("");
  }
  void bring_up() {
    open();
    negotiate();
    ASSERT_TRUE(up);
  }
  // Answers the keepalive that was sent last.
  void answer_keepalive() {
    ASSERT_FALSE(packets.empty());
    Bytes reply = packets.back();
    std::swap_ranges(reply.begin() + 8, reply.begin() + 24, reply.begin() + 24);
    reply[40] = 129;
    happen(BytesArrived{up->socket, reply});
  }

  [[nodiscard]] int reports_of(ReportCode code) const {
    return static_cast<int>(std::ranges::count_if(reports, [=](const Report& r) { return r.code == code; }));
  }
  [[nodiscard]] std::optional<FailureKind> last_failure() const {
    for (auto report = reports.rbegin(); report != reports.rend(); ++report) {
      if (report->failure) return report->failure->kind;
    }
    return std::nullopt;
  }
  [[nodiscard]] Duration last_delay() const {
    for (auto report = reports.rbegin(); report != reports.rend(); ++report) {
      if (report->code == ReportCode::Waiting) return report->delay;
    }
    return {};
  }
  [[nodiscard]] std::string_view last_text() const {
    const Bytes& bytes = sent.back().bytes;
    return as_text(transports.at(sent.back().socket) == Transport::Udp ? ByteView(bytes).subspan(8) : ByteView(bytes));
  }

  Instant now = kStart;
  std::vector<OpenSocket> opening;
  std::map<SocketId, Transport> transports;
  std::vector<SocketId> closed;
  std::vector<SendBytes> sent;
  std::optional<PrepareTunnel> preparing;
  std::optional<TunnelUp> up;
  int ups = 0;
  int downs = 0;
  std::vector<Bytes> packets;
  std::vector<Bytes> delivered;
  std::vector<Report> reports;
  std::optional<FinishReason> finished;

 private:
  void take_orders() {
    while (auto order = client_.poll()) std::visit([this](auto& what) { note(what); }, *order);
  }
  void note(OpenSocket& order) {
    transports[order.socket] = order.transport;
    opening.push_back(order);
  }
  void note(CloseSocket& order) { closed.push_back(order.socket); }
  void note(SendBytes& order) { sent.push_back(order); }
  void note(PrepareTunnel& order) { preparing = order; }
  void note(TunnelUp& order) {
    up = order;
    ++ups;
  }
  void note(TunnelDown&) {
    up.reset();
    ++downs;
  }
  void note(SendPacket& order) { packets.push_back(order.packet); }
  void note(DeliverPacket& order) { delivered.push_back(order.packet); }
  void note(Report& order) { reports.push_back(order); }
  void note(Finished& order) { finished = order.reason; }

  ClientSupervisor client_;
  int idle_waits_ = 0;
};

// ---- getting a tunnel -----------------------------------------------------------------------------------------

TEST(ClientSupervisor, BeginsWithAUdpSocketToTheConfiguredServer) {
  const World world(anonymous_config());
  ASSERT_EQ(world.opening.size(), 1U);
  EXPECT_EQ(world.opening[0].transport, Transport::Udp);
  EXPECT_EQ(to_text(world.opening[0].server), "tb.example.net");
}

TEST(ClientSupervisor, NegotiationEndsInATunnel) {
  World world(anonymous_config());
  world.bring_up();
  EXPECT_EQ(world.up->socket, world.opening[0].socket);
  EXPECT_EQ(world.up->offer.client_inner, testing::ipv6(kClient));
  EXPECT_EQ(world.reports_of(ReportCode::TunnelUp), 1);
}

TEST(ClientSupervisor, FirstSequenceIsRandomUnlessAnOldServerNeedsTheOldOne) {
  std::set<std::uint32_t> seen;
  for (std::uint8_t i = 0; i < 20; ++i) {
    ClientSupervisor client(anonymous_config(), Seed{i}, kStart);
    client.handle(kStart, SocketOpened{SocketId{1}, make_endpoint(*parse_ipv4("10.1.1.5"), 40000),
                                       make_endpoint(*parse_ipv4("1.1.1.1"), kTspPort)});
    while (auto order = client.poll()) {
      if (auto* send = std::get_if<SendBytes>(&*order)) {
        seen.insert(wire::parse_udp_header(send->bytes)->sequence.value());
      }
    }
  }
  EXPECT_EQ(seen.size(), 20U);

  ClientConfig config = anonymous_config();
  config.compatible_sequence = true;
  World world(config);
  world.open();
  EXPECT_EQ(Bytes(world.sent[0].bytes.begin(), world.sent[0].bytes.begin() + 4), (Bytes{0xF0, 0, 0, 0xF0}));
}

TEST(ClientSupervisor, OlderVersionIsTriedOnANewSocketAfterADelay) {
  World world(anonymous_config());
  world.open();
  world.answer("302 Unsupported client version\r\n");
  EXPECT_EQ(world.opening.size(), 1U);
  EXPECT_EQ(world.closed, std::vector{world.opening[0].socket});
  world.wait();
  ASSERT_EQ(world.opening.size(), 2U);
  world.open();
  EXPECT_EQ(world.last_text(), "VERSION=2.0.1\r\n");
}

TEST(ClientSupervisor, TcpIsTriedAtOnceWhenUdpIsSilent) {
  ClientConfig config = anonymous_config();
  config.type = RequestedType::V6AnyV4;
  World world(config);
  world.open();
  world.wait_until(kStart + Rudp::kPatienceUnanswered);
  ASSERT_EQ(world.opening.size(), 2U);
  EXPECT_EQ(world.opening[1].transport, Transport::Tcp);
  world.open();
  OfferText offer;
  offer.type = "v6v4";
  world.negotiate(offer.framed());
  EXPECT_TRUE(world.up);
}

TEST(ClientSupervisor, ConnectionThatNeverStandsIsGivenUp) {
  World world(anonymous_config());
  world.wait_until(kStart + 15s);
  EXPECT_EQ(world.last_failure(), FailureKind::CannotConnect);
  EXPECT_EQ(world.closed.size(), 1U);
}

TEST(ClientSupervisor, ThreeIcmpErrorsEndAnAttemptButABurstOfThemDoesNot) {
  World world(anonymous_config());
  world.open();
  for (int i = 0; i < 10; ++i) world.happen(PeerUnreachable{world.opening[0].socket});
  EXPECT_FALSE(world.last_failure());
  world.wait_until(kStart + 1s);
  world.happen(PeerUnreachable{world.opening[0].socket});
  EXPECT_FALSE(world.last_failure());
  world.wait_until(kStart + 3s);
  world.happen(PeerUnreachable{world.opening[0].socket});
  EXPECT_EQ(world.last_failure(), FailureKind::NoAnswer);
}

TEST(ClientSupervisor, RedirectIsFollowedToItsServer) {
  World world(anonymous_config());
  world.open();
  world.answer(testing::redirect_text(1302, {"ts1.example.net"}));
  ASSERT_EQ(world.opening.size(), 2U);
  EXPECT_EQ(to_text(world.opening[1].server), "ts1.example.net");
  world.bring_up();
}

TEST(ClientSupervisor, RedirectToANameWithAPrivateAddressIsRefused) {
  World world(anonymous_config());
  world.open();
  world.answer(testing::redirect_text(1302, {"ts1.example.net"}));
  world.happen(SocketOpened{world.opening[1].socket, make_endpoint(*parse_ipv4("10.1.1.5"), 40000),
                            make_endpoint(*parse_ipv4("192.168.0.1"), kTspPort)});
  EXPECT_EQ(world.last_failure(), FailureKind::CannotConnect);
  EXPECT_EQ(world.sent.size(), 1U);
}

TEST(ClientSupervisor, RedirectLoopIsNotAHotLoop) {
  World world(anonymous_config());
  while (world.now < kStart + 1h) {
    world.open();
    if (!world.opening.empty() && !world.sent.empty() && !world.reports.empty()) {
      const bool home = world.opening.back().server.host == "tb.example.net";
      world.answer(testing::redirect_text(1302, {home ? "ts1.example.net" : "tb.example.net"}));
    }
    while (world.closed.size() == world.opening.size() && world.wait()) {
    }
  }
  EXPECT_LT(world.opening.size(), 80U);
}

// ---- failing --------------------------------------------------------------------------------------------------

// How long the client waits after each of `count` rounds that end with `reply` to VERSION.
std::vector<Duration> delays_after(const ClientConfig& config, std::string_view reply, int count) {
  World world(config);
  std::vector<Duration> delays;
  while (static_cast<int>(delays.size()) < count) {
    world.open();
    world.answer(reply);
    delays.push_back(world.last_delay());
    world.wait();
  }
  return delays;
}

TEST(ClientSupervisor, DelaysGrowToAMaximumWithARandomPart) {
  const ClientConfig config = anonymous_config();
  const auto delays = delays_after(config, "530 Server too busy\r\n", 10);
  Duration full = config.retry_min;
  for (const Duration delay : delays) {
    EXPECT_GE(delay, full / 2);
    EXPECT_LE(delay, full);
    full = std::min(full * 2, config.retry_max);
  }
}

TEST(ClientSupervisor, RefusalThatSomebodyMustActOnWaitsLonger) {
  const ClientConfig config = anonymous_config();
  EXPECT_GE(delays_after(config, "300 Authentication failed\r\n", 1)[0], config.refused_min / 2);
  EXPECT_GE(delays_after(config, "500 Invalid request\r\n", 1)[0], config.refused_min / 2);
  EXPECT_LE(delays_after(config, "301 No more tunnels available\r\n", 1)[0], config.retry_min);
}

TEST(ClientSupervisor, NoKindOfFailureMakesAHotLoop) {
  for (const char* reply : {"", "garbage\r\n", "200 Success\r\n", "310 x\r\n", "302 x\r\n", "1302 no list\r\n",
                            "CAPABILITY \r\n", "CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN\r\n"}) {
    World world(anonymous_config());
    while (world.now < kStart + 1h) {
      if (world.closed.size() < world.opening.size()) {
        world.open();
        world.answer(reply);
      }
      world.wait();
    }
    EXPECT_LT(world.opening.size(), 60U) << reply;
  }
}

TEST(ClientSupervisor, OnceEndsAfterTheFirstRoundWithoutATunnel) {
  const std::vector<std::pair<std::string, FinishReason>> cases{
      {"300 Authentication failed\r\n", FinishReason::AuthenticationFailed},
      {"530 Server too busy\r\n", FinishReason::Refused},
      {"garbage\r\n", FinishReason::ProtocolError},
      {"CAPABILITY TUNNEL=V6UDPV4 AUTH=PLAIN\r\n", FinishReason::AuthenticationFailed},
      {"CAPABILITY TUNNEL=V6V4 AUTH=ANONYMOUS\r\n", FinishReason::Refused},
  };
  for (const auto& [reply, reason] : cases) {
    ClientConfig config = anonymous_config();
    config.once = true;
    World world(config);
    world.open();
    world.answer(reply);
    EXPECT_EQ(world.finished, reason) << reply;
    EXPECT_FALSE(world.wait());
  }
}

TEST(ClientSupervisor, LocalProblemRejectsTheOffer) {
  ClientConfig config = anonymous_config();
  config.once = true;
  World world(config);
  world.open();
  world.answer(kCapability);
  world.answer(kSuccess);
  world.answer(OfferText{}.framed());
  world.happen(TunnelPrepared{world.preparing->socket, "no permission"});
  EXPECT_NE(world.last_text().find("reject"), std::string_view::npos);
  world.answer("");
  EXPECT_EQ(world.finished, FinishReason::LocalProblem);
  EXPECT_EQ(world.ups, 0);
}

// ---- living ---------------------------------------------------------------------------------------------------

TEST(ClientSupervisor, KeepaliveBeginsAtOnceAndItsAnswerConfirmsTheTunnel) {
  World world(anonymous_config());
  world.bring_up();
  world.wait();
  ASSERT_EQ(world.packets.size(), 1U);
  EXPECT_EQ(dataplane::destination_of(world.packets[0]), testing::ipv6(kServer));
  world.now = world.now + 23ms;
  world.answer_keepalive();
  EXPECT_EQ(world.reports_of(ReportCode::TunnelConfirmed), 1);
  EXPECT_EQ(world.reports.back().delay, 23ms);
  EXPECT_TRUE(world.delivered.empty());
}

TEST(ClientSupervisor, ThreeLostKeepalivesTakeTheTunnelDownAndANewOneIsTried) {
  World world(anonymous_config());
  world.bring_up();
  world.wait_until(kStart + 15s);
  EXPECT_EQ(world.reports_of(ReportCode::KeepaliveLost), 3);
  EXPECT_EQ(world.downs, 1);
  EXPECT_EQ(world.closed, std::vector{world.opening[0].socket});
  EXPECT_EQ(world.opening.size(), 1U);
  world.wait();
  EXPECT_EQ(world.opening.size(), 2U);
  EXPECT_NE(world.opening[1].socket, world.opening[0].socket);
  world.bring_up();
  EXPECT_EQ(world.ups, 2);
}

TEST(ClientSupervisor, AnsweredKeepalivesKeepTheTunnel) {
  World world(anonymous_config());
  world.bring_up();
  while (world.now < kStart + 1h) {
    const std::size_t before = world.packets.size();
    world.wait();
    if (world.packets.size() > before) world.answer_keepalive();
  }
  EXPECT_EQ(world.downs, 0);
  EXPECT_GE(world.packets.size(), 180U);
  EXPECT_LE(world.packets.size(), 241U);
}

TEST(ClientSupervisor, TunnelsThatAreLostAtOnceAreNotMadeInAHotLoop) {
  World world(anonymous_config());
  while (world.now < kStart + 1h) {
    if (world.closed.size() < world.opening.size() && !world.up) world.bring_up();
    world.wait();
  }
  EXPECT_LT(world.ups, 40);
}

TEST(ClientSupervisor, IcmpErrorsAloneDoNotTakeATunnelDownThatAnswers) {
  World world(anonymous_config());
  world.bring_up();
  world.wait();
  world.answer_keepalive();
  for (int i = 0; i < 20; ++i) {
    const std::size_t before = world.packets.size();
    world.wait_until(world.now + 1s);
    world.happen(PeerUnreachable{world.up->socket});
    world.wait_until(world.now);
    if (world.packets.size() > before) world.answer_keepalive();
    ASSERT_TRUE(world.up);
  }
}

TEST(ClientSupervisor, IcmpErrorsAndOneLostKeepaliveAreEnough) {
  World world(anonymous_config());
  world.bring_up();
  world.wait();
  world.answer_keepalive();
  for (int i = 0; i < 3; ++i) {
    world.wait_until(world.now + 1s);
    world.happen(PeerUnreachable{world.up->socket});
  }
  world.wait_until(world.now + 5s);
  EXPECT_FALSE(world.up);
}

TEST(ClientSupervisor, InnerPacketsAreCheckedInBothDirections) {
  World world(anonymous_config());
  world.bring_up();
  const Bytes good = inner_packet("2001:db8:ffff::1", kClient);
  world.happen(BytesArrived{world.up->socket, good});
  world.happen(BytesArrived{world.up->socket, inner_packet("2001:db8:ffff::1", "2001:db8:ffff::2")});
  EXPECT_EQ(world.delivered, std::vector<Bytes>{good});
  const Bytes out = inner_packet(kClient, "2001:db8:ffff::1");
  world.happen(HostPacket{out});
  world.happen(HostPacket{inner_packet("2001:db8:ffff::9", "2001:db8:ffff::1")});
  EXPECT_EQ(world.packets, std::vector<Bytes>{out});
}

TEST(ClientSupervisor, SignallingIsNeverDeliveredAsAPacket) {
  World world(anonymous_config());
  world.bring_up();
  world.answer("310 TSP status error");
  EXPECT_TRUE(world.delivered.empty());
  EXPECT_TRUE(world.up);
}

TEST(ClientSupervisor, BrokenSocketOrDeviceIsALostTunnel) {
  World socket(anonymous_config());
  socket.bring_up();
  socket.happen(SocketFailed{socket.up->socket, "gone"});
  EXPECT_EQ(socket.downs, 1);

  ClientConfig config = anonymous_config();
  config.once = true;
  World device(config);
  device.bring_up();
  device.happen(TunnelBroke{"the device is gone"});
  EXPECT_EQ(device.downs, 1);
  EXPECT_EQ(device.finished, FinishReason::LocalProblem);
}

TEST(ClientSupervisor, OnceEndsWithTheFirstTunnel) {
  ClientConfig config = anonymous_config();
  config.once = true;
  World world(config);
  world.bring_up();
  world.wait_until(kStart + 15s);
  EXPECT_EQ(world.finished, FinishReason::TunnelLost);
  EXPECT_EQ(world.downs, 1);
}

// ---- renewing -------------------------------------------------------------------------------------------------

void bring_up_without_keepalive(World& world, const std::string& lifetime) {
  OfferText offer;
  offer.keepalive.clear();
  offer.lifetime = lifetime;
  world.open();
  world.negotiate(offer.framed());
  ASSERT_TRUE(world.up);
}

TEST(ClientSupervisor, LifetimeIsInMinutesAndRenewedBeforeItsEndOnTheSameSocket) {
  World world(anonymous_config());
  bring_up_without_keepalive(world, "60");
  const std::uint32_t last_sequence = wire::parse_udp_header(world.sent.back().bytes)->sequence.value();
  world.wait();
  EXPECT_GE(world.now, kStart + 45min);
  EXPECT_LE(world.now, kStart + 51min);
  EXPECT_EQ(world.reports_of(ReportCode::Renewing), 1);
  EXPECT_EQ(world.opening.size(), 1U);
  EXPECT_EQ(world.last_text(), "VERSION=2.0.2\r\n");
  EXPECT_EQ(wire::parse_udp_header(world.sent.back().bytes)->sequence, wire::Sequence(last_sequence + 1));
  world.negotiate();
  EXPECT_EQ(world.ups, 2);
  EXPECT_EQ(world.downs, 0);
  EXPECT_TRUE(world.closed.empty());
}

TEST(ClientSupervisor, FailedRenewalLeavesTheTunnelAndTriesAgainFromANewSocket) {
  World world(anonymous_config());
  bring_up_without_keepalive(world, "60");
  world.wait();
  world.answer("530 Server too busy\r\n");
  EXPECT_TRUE(world.up);
  EXPECT_TRUE(world.closed.empty());
  world.wait();
  ASSERT_EQ(world.opening.size(), 2U);
  world.bring_up();
  EXPECT_EQ(world.up->socket, world.opening[1].socket);
  EXPECT_EQ(world.closed, std::vector{world.opening[0].socket});
  EXPECT_EQ(world.downs, 0);
}

TEST(ClientSupervisor, TunnelForwardsWhileItIsRenewed) {
  World world(anonymous_config());
  bring_up_without_keepalive(world, "60");
  world.wait();
  const Bytes packet = inner_packet("2001:db8:ffff::1", kClient);
  world.happen(BytesArrived{world.up->socket, packet});
  EXPECT_EQ(world.delivered, std::vector<Bytes>{packet});
}

TEST(ClientSupervisor, ChangedOuterAddressMakesANewTunnelBeforeTheOldOneGoes) {
  World world(anonymous_config());
  world.bring_up();
  world.happen(OuterAddressChanged{});
  ASSERT_EQ(world.opening.size(), 2U);
  EXPECT_TRUE(world.up);
  world.bring_up();
  EXPECT_EQ(world.ups, 2);
  EXPECT_EQ(world.downs, 0);
}

TEST(ClientSupervisor, AddressThatKeepsChangingDoesNotMakeAHotLoop) {
  World world(anonymous_config());
  world.bring_up();
  for (int i = 0; i < 50; ++i) world.happen(OuterAddressChanged{});
  EXPECT_EQ(world.opening.size(), 2U);
}

// ---- stopping -------------------------------------------------------------------------------------------------

TEST(ClientSupervisor, StopTakesTheTunnelDownAndTellsTheServer) {
  World world(anonymous_config());
  world.bring_up();
  world.happen(StopRequested{});
  EXPECT_EQ(world.downs, 1);
  EXPECT_NE(world.last_text().find("delete"), std::string_view::npos);
  EXPECT_FALSE(world.finished);
  world.answer(frame("200 Success\r\n"));
  EXPECT_EQ(world.finished, FinishReason::Stopped);
  EXPECT_EQ(world.closed, std::vector{world.opening[0].socket});
}

TEST(ClientSupervisor, StopDoesNotHangOnASilentServer) {
  World world(anonymous_config());
  world.bring_up();
  world.happen(StopRequested{});
  while (world.wait()) {
  }
  EXPECT_EQ(world.finished, FinishReason::Stopped);
  EXPECT_LE(world.now, kStart + ClientSession::kFarewellPatience);
}

TEST(ClientSupervisor, StopEndsAnAttemptAndAPauseAtOnce) {
  World attempt(anonymous_config());
  attempt.open();
  attempt.happen(StopRequested{});
  EXPECT_EQ(attempt.finished, FinishReason::Stopped);
  EXPECT_EQ(attempt.closed.size(), 1U);

  World pause(anonymous_config());
  pause.open();
  pause.answer("530 Server too busy\r\n");
  pause.happen(StopRequested{});
  EXPECT_EQ(pause.finished, FinishReason::Stopped);
  EXPECT_FALSE(pause.wait());
}

TEST(ClientSupervisor, FactsAboutOldSocketsAreIgnored) {
  World world(anonymous_config());
  world.open();
  world.answer("530 Server too busy\r\n");
  const SocketId old = world.opening[0].socket;
  const std::size_t reports = world.reports.size();
  world.happen(SocketFailed{old, "late"});
  world.happen(PeerUnreachable{old});
  world.happen(BytesArrived{old, as_bytes("200 Success\r\n")});
  world.happen(SocketOpened{old, {}, {}});
  world.happen(TunnelPrepared{old, {}});
  EXPECT_EQ(world.reports.size(), reports);
  EXPECT_EQ(world.sent.size(), 1U);
}

TEST(ClientSupervisor, ClockThatStepsBackIsHarmless) {
  World world(anonymous_config());
  world.open();
  world.now = world.now - 100s;
  world.answer(kCapability);
  EXPECT_EQ(world.last_text(), "AUTHENTICATE ANONYMOUS\r\n");
}

}  // namespace
}  // namespace tsp::client
