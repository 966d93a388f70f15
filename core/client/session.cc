// SPDX-License-Identifier: Apache-2.0
#include "core/client/session.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "core/client/offer_check.h"
#include "core/wire/message.h"

namespace tsp::client {
namespace {

constexpr std::size_t kReplySizeMax = StreamReader::kSizeMax;

bool offers_type(const wire::Capabilities& capabilities, RequestedType type) {
  const auto has = [&](TunnelType t) { return std::ranges::find(capabilities.types, t) != capabilities.types.end(); };
  switch (type) {
    case RequestedType::V6V4:
      return has(TunnelType::V6V4);
    case RequestedType::V6UdpV4:
      return has(TunnelType::V6UdpV4);
    case RequestedType::V6AnyV4:  // has no capability of its own (C-10)
      return has(TunnelType::V6V4) || has(TunnelType::V6UdpV4);
    case RequestedType::V4V6:
      return has(TunnelType::V4V6);
  }
  return false;
}

bool offers_mechanism(const wire::Capabilities& capabilities, AuthMechanism mechanism) {
  return std::ranges::find(capabilities.mechanisms, mechanism) != capabilities.mechanisms.end();
}

wire::CreateRequest create_request(const SessionSetup& setup) {
  const ClientConfig& config = *setup.config;
  wire::CreateRequest request;
  request.type = config.type;
  if (is_mapped(setup.local)) {
    request.client_ipv4 = unmap(setup.local);
  } else {
    request.client_ipv6 = setup.local;
  }
  if (config.keepalive_seconds > 0) request.keepalive_seconds = config.keepalive_seconds;
  if (config.router_prefix_length) {
    request.router =
        wire::RouterRequest{.prefix_length = config.router_prefix_length, .dns_servers = config.reverse_dns_servers};
  }
  return request;
}

}  // namespace

ClientSession::ClientSession(SessionSetup setup, Instant now)
    : setup_(std::move(setup)),
      auth_(setup_.config->mechanism, setup_.transport, {setup_.config->login, setup_.config->password},
            to_text(setup_.server), setup_.cnonce),
      rudp_(setup_.first_sequence, now) {
  say(now, "VERSION=" + setup_.version + "\r\n");
}

void ClientSession::receive(Instant now, ByteView bytes) {
  if (!awaits_reply()) return;
  if (udp()) {
    if (const auto text = rudp_.receive(now, bytes)) on_reply(now, *text);
    return;
  }
  if (!reader_.append(bytes)) return fail(FailureKind::BadReply, "a reply without an end");
  read_stream(now);
}

void ClientSession::move_to(SessionState next) {
  TSP_ASSERT(has_edge(kEdges, state_, next));
  state_ = next;
}

void ClientSession::closed(Instant now, std::string reason) {
  reader_.end();
  read_stream(now);
  if (state_ == SessionState::Established || state_ == SessionState::Ended) return;
  if (state_ == SessionState::Reject || state_ == SessionState::Leave) return farewell_over("the connection ended");
  fail(FailureKind::ConnectionClosed, std::move(reason));
}

void ClientSession::local_ready(Instant now, const std::optional<std::string>& problem) {
  if (state_ != SessionState::Local) return;
  if (problem) return reject(now, FailureKind::LocalRefused, *problem);
  move_to(SessionState::Accept);
  say(now, wire::framed_request(wire::action_text("accept")));
  if (!udp()) establish();  // nothing answers an accept over TCP
}

void ClientSession::leave(Instant now) {
  TSP_ASSERT(state_ == SessionState::Established);
  move_to(SessionState::Leave);
  say(now, wire::framed_request(wire::action_text("delete")));
  give_up_at_ = now + kFarewellPatience;
}

void ClientSession::advance(Instant now) {
  if (give_up_at_ && now >= *give_up_at_) {
    give_up_at_.reset();
    if (state_ == SessionState::Reject || state_ == SessionState::Leave) return farewell_over("no answer");
    return fail(FailureKind::TimedOut, "the server does not go on");
  }
  Rudp::Due due = rudp_.advance(now);
  if (!due.datagram.empty()) orders_.push_back(SessionSend{std::move(due.datagram)});
  if (!due.gave_up) return;
  if (rudp_.ever_answered()) return fail(FailureKind::TimedOut, "the server stopped answering");
  fail(FailureKind::NoAnswer, "no answer over UDP");
}

std::optional<SessionOrder> ClientSession::poll() {
  if (orders_.empty()) return std::nullopt;
  SessionOrder order = std::move(orders_.front());
  orders_.pop_front();
  return order;
}

std::optional<Instant> ClientSession::next_deadline() const {
  const auto resend_at = rudp_.next_deadline();
  if (resend_at && give_up_at_) return std::min(*resend_at, *give_up_at_);
  return resend_at ? resend_at : give_up_at_;
}

bool ClientSession::awaits_reply() const {
  return state_ != SessionState::Local && state_ != SessionState::Established && state_ != SessionState::Ended;
}

void ClientSession::say(Instant now, std::string_view text) {
  if (udp()) {
    orders_.push_back(SessionSend{rudp_.send(now, std::string(text))});
    return;
  }
  const ByteView bytes = as_bytes(text);
  orders_.push_back(SessionSend{Bytes(bytes.begin(), bytes.end())});
  give_up_at_ = now + kReplyPatience;
}

void ClientSession::read_stream(Instant now) {
  while (awaits_reply()) {
    const bool commands = state_ != SessionState::Version && state_ != SessionState::Authenticate;
    const auto message = reader_.next(commands ? ReplyForm::Framed : ReplyForm::Line);
    if (!message) return;
    on_reply(now, *message);
  }
}

void ClientSession::on_reply(Instant now, std::string_view text) {
  give_up_at_.reset();
  switch (state_) {
    case SessionState::Version:
      return on_version_reply(now, text);
    case SessionState::Authenticate:
      return on_auth_step(now, auth_.reply(text));
    case SessionState::Create:
      return on_create_reply(now, text);
    case SessionState::Accept:
      return on_accept_reply(text);
    case SessionState::Reject:
      return farewell_over({});
    case SessionState::Leave:
      return on_delete_reply(text);
    case SessionState::Local:
    case SessionState::Established:
    case SessionState::Ended:
      return;
  }
}

void ClientSession::on_version_reply(Instant now, std::string_view text) {
  const auto capabilities = wire::parse_capability(text);
  if (!capabilities) {
    const auto code = wire::parse_status_code(text);
    if (code && *code >= 300) return fail(failure_from_status(*code, text));
    return fail(FailureKind::BadReply, "neither CAPABILITY nor a status");
  }
  if (!offers_type(*capabilities, setup_.config->type)) {
    return fail(FailureKind::TypeNotOffered,
                "the server does not offer " + std::string(wire::type_name(setup_.config->type)));
  }
  if (!offers_mechanism(*capabilities, setup_.config->mechanism)) {
    return fail(FailureKind::MechanismNotOffered,
                "the server does not offer " + std::string(wire::mechanism_name(setup_.config->mechanism)));
  }
  move_to(SessionState::Authenticate);
  on_auth_step(now, auth_.begin());
}

void ClientSession::on_auth_step(Instant now, AuthStep step) {
  std::visit(Overloaded{
                 [&](const AuthSay& what) {
                   for (const std::string& message : what.messages) say(now, message);
                   if (!udp()) give_up_at_ = now + kReplyPatience;
                 },
                 [&](const AuthDone&) { create(now); },
                 [&](Failure& failure) { fail(std::move(failure)); },
             },
             step);
}

void ClientSession::create(Instant now) {
  move_to(SessionState::Create);
  say(now, wire::framed_request(wire::create_text(create_request(setup_))));
}

void ClientSession::on_create_reply(Instant now, std::string_view text) {
  partial_reply_ += text;
  auto reply = wire::parse_offer_reply(partial_reply_);
  if (!reply) {
    if (reply.error() == wire::ReplyError::Truncated && udp()) return ask_for_the_rest(now, text);
    return fail(FailureKind::BadReply, "unreadable answer to the request");
  }
  const std::string message = std::exchange(partial_reply_, {});
  std::visit(Overloaded{
                 [&](Offer& offer) { consider(now, std::move(offer)); },
                 [&](wire::Redirect& redirect) { fail(failure_from_redirect(std::move(redirect))); },
                 [&](const wire::Refusal& refusal) {
                   // The words stand behind the Content-length line, if there is one.
                   const std::size_t status = message.find(std::to_string(refusal.code) + " ");
                   fail(failure_from_status(
                       refusal.code, std::string_view(message).substr(status == std::string::npos ? 0 : status)));
                 },
             },
             *reply);
}

// The frame promises more than the datagram held: the rest comes as the answers to polls.
void ClientSession::ask_for_the_rest(Instant now, std::string_view text) {
  if (text.empty() || partial_reply_.size() > kReplySizeMax) {
    return fail(FailureKind::BadReply, "an answer that does not end");
  }
  say(now, "");
}

void ClientSession::consider(Instant now, Offer offer) {
  auto checked = check_offer(std::move(offer), *setup_.config, setup_.transport);
  if (!checked) return reject(now, FailureKind::BadOffer, checked.error());
  offer_ = std::move(*checked);
  move_to(SessionState::Local);
  orders_.push_back(SessionOffer{offer_});
}

void ClientSession::on_accept_reply(std::string_view text) {
  // Servers answer with nothing or with anything (C-05), but an error is an error.
  if (const auto reply = wire::parse_offer_reply(text)) {
    if (const auto* refusal = std::get_if<wire::Refusal>(&*reply)) return fail(failure_from_status(refusal->code, ""));
  }
  establish();
}

void ClientSession::reject(Instant now, FailureKind kind, std::string detail) {
  rejected_for_ = Failure{.kind = kind, .code = 0, .detail = std::move(detail), .redirect = {}};
  move_to(SessionState::Reject);
  say(now, wire::framed_request(wire::action_text("reject")));
  give_up_at_ = now + kFarewellPatience;
  if (!udp()) farewell_over({});  // nothing answers a reject over TCP
}

void ClientSession::establish() {
  move_to(SessionState::Established);
  give_up_at_.reset();
  orders_.push_back(SessionEstablished{offer_});
}

// As with accept, servers answer with nothing or with anything, but an error is an error.
void ClientSession::on_delete_reply(std::string_view text) {
  const auto code = wire::reply_code(text);
  if (!code || *code == static_cast<unsigned>(wire::Status::Success)) return left({});
  left("it answered " + std::to_string(*code));
}

void ClientSession::left(std::optional<std::string> problem) {
  rudp_.abandon();
  give_up_at_.reset();
  move_to(SessionState::Ended);
  orders_.push_back(SessionLeft{std::move(problem)});
}

void ClientSession::farewell_over(std::string why) {
  if (state_ == SessionState::Leave) return left(std::move(why));
  fail(std::move(*rejected_for_));
}

void ClientSession::fail(Failure failure) {
  rudp_.abandon();
  give_up_at_.reset();
  move_to(SessionState::Ended);
  orders_.push_back(SessionFailed{std::move(failure)});
}

void ClientSession::fail(FailureKind kind, std::string detail) {
  fail(Failure{.kind = kind, .code = 0, .detail = std::move(detail), .redirect = {}});
}

}  // namespace tsp::client
