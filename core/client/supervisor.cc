// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's edge: facts, time, and what is due. supervisor_rounds.cc has what is done about it.
#include "core/client/supervisor.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace tsp::client {
namespace {

// Of a datagram; else it is signalling.
bool is_inner_packet(ByteView datagram) {
  return !datagram.empty() && datagram[0] >> 4 == 6;
}

}  // namespace

ClientSupervisor::ClientSupervisor(ClientConfig config, const Seed& seed, Instant start)
    : config_(std::make_shared<const ClientConfig>(std::move(config))),
      fallback_(config_->type),
      asked_(config_),
      random_(seed),
      now_(start),
      itinerary_(config_),
      backoff_(config_->retry_max) {
  TSP_ASSERT(validate(*config_).has_value());
  new_round();
}

void ClientSupervisor::handle(Instant now, const Fact& fact) {
  if (finished_) return;
  tick(now);
  std::visit([this](const auto& happened) { on(happened); }, fact);
  pump_attempt();
  pump_tunnel();
}

void ClientSupervisor::advance(Instant now) {
  if (finished_) return;
  tick(now);
  advance_survey();
  advance_attempt();
  advance_tunnel();
  advance_schedule();
}

std::optional<Order> ClientSupervisor::poll() {
  if (orders_.empty()) return std::nullopt;
  Order order = std::move(orders_.front());
  orders_.pop_front();
  return order;
}

std::optional<Instant> ClientSupervisor::next_deadline() const {
  if (finished_) return std::nullopt;
  std::optional<Instant> first;
  const auto consider = [&first](std::optional<Instant> deadline) {
    if (deadline && (!first || *deadline < *first)) first = deadline;
  };
  if (survey_) consider(survey_->next_deadline());
  if (attempt_) consider(attempt_->session ? attempt_->session->next_deadline() : attempt_->connect_by);
  if (tunnel_) consider(stopping_ ? tunnel_->session().next_deadline() : tunnel_->next_deadline());
  if (scheduled_) consider(scheduled_->at);
  return first;
}

void ClientSupervisor::tick(Instant now) {
  now_ = std::max(now_, now);
}

// ---- facts ----------------------------------------------------------------------------------------------------

void ClientSupervisor::on(const SocketOpened& fact) {
  const bool allowed = itinerary_.may_connect(fact.remote) && fact.local.is_ipv4() == fact.remote.is_ipv4();
  if (is_surveyed(fact.socket)) {
    if (allowed) {
      survey_->opened(now_, fact.socket);
    } else {
      survey_->failed(fact.socket);
    }
    return pump_survey();
  }
  if (!is_attempt(fact.socket) || attempt_->session) return;
  if (!allowed) {
    return attempt_failed({.kind = FailureKind::CannotConnect,
                           .code = 0,
                           .detail = "address " + to_text(fact.remote) + " is not one to go to",
                           .redirect = {}});
  }
  attempt_->carrier.local = fact.local.address;
  begin_session(config_->compatible_sequence ? wire::Sequence(0xF0)
                                             : wire::Sequence(static_cast<std::uint32_t>(random_.next_u64())));
}

void ClientSupervisor::on(const SocketFailed& fact) {
  if (is_surveyed(fact.socket)) {
    survey_->failed(fact.socket);
    return pump_survey();
  }
  if (is_attempt(fact.socket) && !attempt_->borrowed) {
    if (attempt_->session) return attempt_->session->closed(now_, fact.reason);
    return attempt_failed({.kind = FailureKind::CannotConnect, .code = 0, .detail = fact.reason, .redirect = {}});
  }
  if (!is_tunnel(fact.socket)) return;
  if (tunnel_->carrier().transport == Transport::Udp) return tunnel_lost(fact.reason, FinishReason::TunnelLost);
  // A tunnel does not need the connection that it was negotiated over; the keepalive judges it.
  tunnel_->session().closed(now_, fact.reason);
}

void ClientSupervisor::on(const PeerUnreachable& fact) {
  if (is_tunnel(fact.socket) && tunnel_->unreachable(now_)) {
    return tunnel_lost("the server is unreachable", FinishReason::TunnelLost);
  }
  if (is_attempt(fact.socket) && !attempt_->borrowed && attempt_->hints.add(now_)) {
    attempt_failed({.kind = FailureKind::NoAnswer, .code = 0, .detail = "ICMP says unreachable", .redirect = {}});
  }
}

void ClientSupervisor::on(const BytesArrived& fact) {
  if (is_surveyed(fact.socket)) {
    survey_->receive(now_, fact.socket, fact.bytes);
    return pump_survey();
  }
  const bool for_tunnel = is_tunnel(fact.socket);
  if (for_tunnel && tunnel_->offer().type == TunnelType::V6UdpV4 && is_inner_packet(fact.bytes)) {
    return inner_packet(fact.bytes);
  }
  // After leave() the tunnel's session waits for an answer, otherwise it ignores what comes.
  if (for_tunnel) tunnel_->session().receive(now_, fact.bytes);
  if (is_attempt(fact.socket) && attempt_->session) {
    attempt_->hints.forget();
    attempt_->session->receive(now_, fact.bytes);
  }
}

void ClientSupervisor::on(const PacketArrived& fact) {
  if (tunnel_ && tunnel_->offer().type != TunnelType::V6UdpV4) inner_packet(fact.packet);
}

void ClientSupervisor::on(const HostPacket& fact) {
  if (!tunnel_up() || !may_send(tunnel_->offer(), fact.packet)) return;
  orders_.push_back(SendPacket{Bytes(fact.packet.begin(), fact.packet.end())});
}

void ClientSupervisor::on(const TunnelPrepared& fact) {
  if (is_attempt(fact.socket) && attempt_->session) attempt_->session->local_ready(now_, fact.problem);
}

void ClientSupervisor::on(const TunnelBroke& fact) {
  if (tunnel_up()) tunnel_lost(fact.reason, FinishReason::LocalProblem);
}

void ClientSupervisor::on(const OuterAddressChanged&) {
  if (stopping_) return;
  const bool pending = address_changed_at_ && *address_changed_at_ > now_;
  if (!pending) {
    const Instant earliest = address_changed_at_ ? *address_changed_at_ + kAddressChangePause : now_;
    address_changed_at_ = std::max(earliest, now_);
  }
  if (tunnel_) report(ReportCode::Renewing, tunnel_->carrier(), "the outer address changed");
  fallback_.forget();
  drop_survey();
  drop_attempt();
  scheduled_ = Scheduled{*address_changed_at_, NextStep::NewRound};
  advance_schedule();
}

void ClientSupervisor::on(const StopRequested&) {
  if (stopping_) return;
  stopping_ = true;
  scheduled_.reset();
  drop_survey();
  drop_attempt();
  if (!tunnel_) return finish(FinishReason::Stopped);
  orders_.push_back(TunnelDown{});
  report(ReportCode::TunnelDown, tunnel_->carrier(), "stopped");
  if (!config_->delete_on_stop) return finish(FinishReason::Stopped);
  tunnel_->session().leave(now_);
}

// ---- what is due ----------------------------------------------------------------------------------------------

void ClientSupervisor::advance_survey() {
  if (!survey_) return;
  survey_->advance(now_);
  pump_survey();
}

void ClientSupervisor::advance_attempt() {
  if (!attempt_) return;
  if (attempt_->session) {
    attempt_->session->advance(now_);
    return pump_attempt();
  }
  if (now_ < attempt_->connect_by) return;
  attempt_failed({.kind = FailureKind::CannotConnect, .code = 0, .detail = "no connection in time", .redirect = {}});
}

void ClientSupervisor::advance_tunnel() {
  if (!tunnel_) return;
  if (stopping_) {
    tunnel_->session().advance(now_);
    return pump_tunnel();
  }
  LiveTunnel::Due due = tunnel_->advance(now_);
  if (due.keepalive_lost) report(ReportCode::KeepaliveLost, tunnel_->carrier());
  if (due.probe) orders_.push_back(SendPacket{std::move(*due.probe)});
  if (due.dead) return tunnel_lost("the server does not answer through the tunnel", FinishReason::TunnelLost);
  if (tunnel_->renewal_due(now_)) renew();
}

void ClientSupervisor::advance_schedule() {
  if (!scheduled_ || now_ < scheduled_->at) return;
  const NextStep step = scheduled_->step;
  scheduled_.reset();
  switch (step) {
    case NextStep::NewRound:
      return new_round();
    case NextStep::GoOn:
      return next_attempt();
  }
}

void ClientSupervisor::inner_packet(ByteView packet) {
  if (stopping_) return;
  const LiveTunnel::Arrival arrival = tunnel_->inner_packet(now_, packet);
  if (arrival.deliver) orders_.push_back(DeliverPacket{Bytes(packet.begin(), packet.end())});
  if (!arrival.round_trip) return;
  fallback_.confirmed(tunnel_->offer().type);
  report(ReportCode::TunnelConfirmed, tunnel_->carrier());
  std::get<Report>(orders_.back()).delay = *arrival.round_trip;
}

bool ClientSupervisor::is_surveyed(SocketId socket) const {
  return survey_ && survey_->has(socket);
}

bool ClientSupervisor::is_attempt(SocketId socket) const {
  return attempt_ && attempt_->carrier.socket == socket;
}

bool ClientSupervisor::is_tunnel(SocketId socket) const {
  return tunnel_ && tunnel_->carrier().socket == socket;
}

}  // namespace tsp::client
