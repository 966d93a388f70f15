// SPDX-License-Identifier: Apache-2.0
//
// The supervisor's decisions: attempts, what follows them, and the change from one tunnel to the next.
#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/base/hex.h"
#include "core/client/supervisor.h"

namespace tsp::client {
namespace {

// A cnonce of 128 bits in hexadecimal; never the time, which others know.
std::string make_cnonce(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return to_hex(bytes);
}

FinishReason finish_reason(FailureKind kind) {
  switch (kind) {
    case FailureKind::CannotConnect:
    case FailureKind::NoAnswer:
    case FailureKind::TimedOut:
    case FailureKind::ConnectionClosed:
      return FinishReason::Unreachable;
    case FailureKind::MechanismNotOffered:
    case FailureKind::AuthenticationFailed:
    case FailureKind::ServerNotAuthentic:
      return FinishReason::AuthenticationFailed;
    case FailureKind::VersionRefused:
    case FailureKind::TypeNotOffered:
    case FailureKind::Refused:
    case FailureKind::Redirected:
    case FailureKind::RedirectRefused:
      return FinishReason::Refused;
    case FailureKind::BadReply:
    case FailureKind::BadOffer:
      return FinishReason::ProtocolError;
    case FailureKind::LocalRefused:
      return FinishReason::LocalProblem;
  }
  return FinishReason::ProtocolError;
}

// Where there is no socket yet.
Carrier carrier_to(const ServerName& server) {
  return {.socket = {}, .transport = {}, .server = server, .version = {}, .local = {}};
}

std::shared_ptr<const ClientConfig> with_type(const std::shared_ptr<const ClientConfig>& config, RequestedType type) {
  if (config->type == type) return config;
  auto changed = std::make_shared<ClientConfig>(*config);
  changed->type = type;
  return changed;
}

}  // namespace

// ---- attempts -------------------------------------------------------------------------------------------------

void ClientSupervisor::new_round() {
  if (!tunnel_) fallback_.begin_round(now_);
  asked_ = with_type(config_, fallback_.type());
  itinerary_.restart(asked_->type);
  next_attempt();
}

void ClientSupervisor::next_attempt() {
  if (itinerary_.unordered().empty()) return open_socket();
  begin_survey();
}

void ClientSupervisor::begin_survey() {
  std::vector<std::pair<SocketId, ServerName>> servers;
  for (const ServerName& server : itinerary_.unordered()) {
    const SocketId socket{++sockets_};
    servers.emplace_back(socket, server);
    orders_.push_back(OpenSocket{socket, Transport::Udp, server, outer_family(config_->type)});
  }
  survey_.emplace(std::move(servers), random_.fork(), now_);
}

void ClientSupervisor::pump_survey() {
  while (auto order = survey_->poll()) orders_.push_back(std::move(*order));
  if (!survey_->finished(now_)) return;
  std::vector<Distance> distances = by_distance(survey_->distances(), usual_server_);
  drop_survey();
  std::vector<ServerName> order;
  for (const Distance& one : distances) order.push_back(one.server);
  itinerary_.ordered(order);
  report(ReportCode::Measured, carrier_to(order.front()));
  std::get<Report>(orders_.back()).distances = std::move(distances);
  open_socket();
}

void ClientSupervisor::drop_survey() {
  if (!survey_) return;
  for (const SocketId socket : survey_->sockets()) orders_.push_back(CloseSocket{socket});
  survey_.reset();
}

void ClientSupervisor::open_socket() {
  attempt_ = Attempt{.carrier = {.socket = SocketId{++sockets_},
                                 .transport = itinerary_.transport(),
                                 .server = itinerary_.server(),
                                 .version = std::string(itinerary_.version()),
                                 .local = {}},
                     .borrowed = false,
                     .session = {},
                     .connect_by = now_ + config_->connect_timeout,
                     .hints = {}};
  report(ReportCode::Connecting, attempt_->carrier);
  orders_.push_back(
      OpenSocket{attempt_->carrier.socket, itinerary_.transport(), itinerary_.server(), outer_family(config_->type)});
}

// From the same socket if that is possible: an anonymous client keeps its address only so.
void ClientSupervisor::renew() {
  tunnel_->renewal_begun();
  if (is_busy()) return;
  report(ReportCode::Renewing, tunnel_->carrier(), "the lifetime ends");
  if (tunnel_->carrier().transport == Transport::Tcp) return new_round();
  attempt_ = Attempt{.carrier = tunnel_->carrier(), .borrowed = true, .session = {}, .connect_by = now_, .hints = {}};
  begin_session(tunnel_->session().next_sequence());
}

void ClientSupervisor::begin_session(wire::Sequence first_sequence) {
  const Carrier& carrier = attempt_->carrier;
  attempt_->session.emplace(SessionSetup{.config = asked_,
                                         .server = carrier.server,
                                         .transport = carrier.transport,
                                         .version = carrier.version,
                                         .local = carrier.local,
                                         .first_sequence = first_sequence,
                                         .cnonce = make_cnonce(random_)},
                            now_);
  pump_attempt();
}

void ClientSupervisor::pump_attempt() {
  while (attempt_ && attempt_->session) {
    auto order = attempt_->session->poll();
    if (!order || !execute(*order)) return;
  }
}

// False: the attempt is over.
bool ClientSupervisor::execute(SessionOrder& order) {
  const SocketId socket = attempt_->carrier.socket;
  if (auto* send = std::get_if<SessionSend>(&order)) {
    orders_.push_back(SendBytes{socket, std::move(send->bytes)});
  } else if (auto* offer = std::get_if<SessionOffer>(&order)) {
    orders_.push_back(PrepareTunnel{socket, std::move(offer->offer)});
  } else if (auto* established = std::get_if<SessionEstablished>(&order)) {
    adopt(established->offer);
    return false;
  } else if (auto* failed = std::get_if<SessionFailed>(&order)) {
    attempt_failed(std::move(failed->failure));
    return false;
  }
  return true;
}

// A copy, because the attempt that it may belong to ends here.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
void ClientSupervisor::attempt_failed(Failure failure) {
  const auto tell = [this](const Failure& told) {
    report(ReportCode::AttemptFailed, attempt_->carrier, told.detail);
    std::get<Report>(orders_.back()).failure = told;
    drop_attempt();
  };
  if (attempt_->borrowed) {
    // The old tunnel still stands; the next try does everything anew.
    tell(failure);
    return schedule_round(RetryClass::Later);
  }
  const auto step = itinerary_.after(failure);
  if (const auto* go_on = std::get_if<Itinerary::GoOn>(&step)) {
    tell(failure);
    scheduled_ = Scheduled{now_ + go_on->delay, NextStep::GoOn};
    return advance_schedule();
  }
  // Where it ends a redirect that is not followed has a name of its own.
  const auto& over = std::get<Itinerary::RoundOver>(step);
  tell(over.failure);
  fallback_.failed();
  if (config_->once && !tunnel_) return finish(finish_reason(over.failure.kind));
  schedule_round(over.retry);
}

void ClientSupervisor::drop_attempt() {
  if (attempt_ && !attempt_->borrowed) orders_.push_back(CloseSocket{attempt_->carrier.socket});
  attempt_.reset();
}

void ClientSupervisor::schedule_round(RetryClass retry) {
  const Duration min = retry == RetryClass::Later ? config_->retry_min : config_->refused_min;
  const Duration delay = backoff_.next(min, random_);
  scheduled_ = Scheduled{now_ + delay, NextStep::NewRound};
  report(ReportCode::Waiting, carrier_to(config_->server));
  std::get<Report>(orders_.back()).delay = delay;
}

// ---- tunnels --------------------------------------------------------------------------------------------------

void ClientSupervisor::adopt(const Offer& offer) {
  std::optional<SocketId> replaced;
  if (tunnel_ && tunnel_->carrier().socket != attempt_->carrier.socket) replaced = tunnel_->carrier().socket;
  usual_server_ = attempt_->carrier.server;
  const bool doubtful = attempt_->carrier.transport == Transport::Udp && fallback_.is_doubtful(offer);
  tunnel_.emplace(std::move(attempt_->carrier), std::move(*attempt_->session), offer, doubtful, random_.fork(), now_);
  attempt_.reset();
  const SocketId socket = tunnel_->carrier().socket;
  orders_.push_back(TunnelUp{socket, offer});
  if (replaced) orders_.push_back(CloseSocket{*replaced});
  report(ReportCode::TunnelUp, tunnel_->carrier());
  std::get<Report>(orders_.back()).offer = offer;
}

void ClientSupervisor::pump_tunnel() {
  if (!tunnel_ || finished_) return;
  while (auto order = tunnel_->session().poll()) {
    if (auto* send = std::get_if<SessionSend>(&*order)) {
      orders_.push_back(SendBytes{tunnel_->carrier().socket, std::move(send->bytes)});
    } else if (auto* left = std::get_if<SessionLeft>(&*order)) {
      if (left->problem) report(ReportCode::NotDeleted, tunnel_->carrier(), std::move(*left->problem));
      return finish(FinishReason::Stopped);
    }
  }
}

void ClientSupervisor::tunnel_lost(std::string why, FinishReason reason) {
  const SocketId socket = tunnel_->carrier().socket;
  if (stopping_) {
    report(ReportCode::NotDeleted, tunnel_->carrier(), std::move(why));
    return finish(FinishReason::Stopped);
  }
  report(ReportCode::TunnelDown, tunnel_->carrier(), std::move(why));
  if (tunnel_->was_stable(now_)) backoff_.reset();
  if (is_attempt(socket)) drop_attempt();
  const LiveTunnel lost = std::move(*tunnel_);
  tunnel_.reset();
  orders_.push_back(TunnelDown{});
  orders_.push_back(CloseSocket{socket});
  const bool silent = reason == FinishReason::TunnelLost && !lost.confirmed();
  if (silent && !is_busy() && lost.is_doubtful()) return fall_back_to_udp(lost.carrier());
  if (silent) fallback_.failed();
  if (config_->once) return finish(reason);
  if (is_busy()) return;
  schedule_round(reason == FinishReason::LocalProblem ? RetryClass::Refused : RetryClass::Later);
}

// The network drops protocol 41, or the server's side does: at once, for nothing but this was wrong with it.
void ClientSupervisor::fall_back_to_udp(const Carrier& carrier) {
  const Duration hold = fallback_.protocol_41_is_silent(now_);
  report(ReportCode::FallingBack, carrier, "nothing comes back in protocol 41");
  std::get<Report>(orders_.back()).delay = hold;
  new_round();
}

void ClientSupervisor::finish(FinishReason reason) {
  drop_survey();
  drop_attempt();
  if (tunnel_) orders_.push_back(CloseSocket{tunnel_->carrier().socket});
  tunnel_.reset();
  scheduled_.reset();
  finished_ = true;
  orders_.push_back(Finished{reason});
}

void ClientSupervisor::report(ReportCode code, const Carrier& carrier, std::string detail) {
  orders_.push_back(Report{.code = code,
                           .server = carrier.server,
                           .transport = carrier.transport,
                           .failure = {},
                           .offer = {},
                           .delay = {},
                           .detail = std::move(detail),
                           .distances = {}});
}

}  // namespace tsp::client
