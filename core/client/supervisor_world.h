// SPDX-License-Identifier: Apache-2.0
//
// The world around a supervisor under test.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/assert.h"
#include "core/client/supervisor.h"
#include "core/client/test_support.h"

namespace tsp::client::testing {

inline constexpr std::string_view kClient = "2001:db8:0:100::2";
inline constexpr std::string_view kServer = "2001:db8:0:100::1";

// A client whose orders are written down and executed only as far as the test says.
class World {
 public:
  explicit World(const ClientConfig& config, const Seed& seed = {1, 2, 3}) : client_(config, seed, kStart) {
    take_orders();
  }

  void happen(const Fact& fact) {
    client_.handle(now, fact);
    take_orders();
  }
  // To the next deadline; false if there is none.
  bool wait() {
    const auto deadline = client_.next_deadline();
    if (!deadline) return false;
    idle_waits_ = *deadline > now ? 0 : idle_waits_ + 1;
    TSP_ASSERT(idle_waits_ < 10);  // a deadline that does not move on would be a hot loop
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
    const bool over_ipv4 = opening.back().family == OuterFamily::IPv4;
    happen(SocketOpened{.socket = opening.back().socket,
                        .local = {over_ipv4 ? ipv4("10.1.1.5") : ipv6("2001:db8:c::7"), 40000},
                        .remote = {over_ipv4 ? ipv4("1.1.1.1") : ipv6("2606:4700::1"), kTspPort}});
  }
  // Answers the last datagram sent on its socket.
  void answer(std::string_view text) {
    TSP_ASSERT(!sent.empty());
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
    TSP_ASSERT(preparing);
    happen(TunnelPrepared{preparing->socket, {}});
    preparing.reset();
    if (transports[sent.back().socket] == Transport::Udp) answer("");
  }
  void bring_up() {
    open();
    negotiate();
    TSP_ASSERT(up);
  }
  // Answers the keepalive that was sent last.
  void answer_keepalive() {
    TSP_ASSERT(!packets.empty());
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

}  // namespace tsp::client::testing
