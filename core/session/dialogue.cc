// SPDX-License-Identifier: Apache-2.0
#include "core/session/dialogue.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/base/overloaded.h"

namespace tsp::session {
namespace {

std::string_view not_offered(const std::optional<AuthMechanism>& mechanism) {
  if (!mechanism) return "unknown mechanism";
  switch (*mechanism) {
    case AuthMechanism::Anonymous:
      return "ANONYMOUS is not offered";
    case AuthMechanism::Plain:
      return "PLAIN is not offered";
    case AuthMechanism::DigestMd5:
      return "DIGEST-MD5 is not offered";
  }
  std::unreachable();
}

}  // namespace

Dialogue::Dialogue(Transport transport, DialogueOptions options)
    : transport_(transport), options_(std::make_unique<const DialogueOptions>(std::move(options))) {}

Action Dialogue::on_message(std::string_view text) {
  const bool poll = text.empty() && transport_ == Transport::Datagram;
  switch (state_) {
    case State::Start:
      return on_version(text);
    case State::Auth:
      if (poll) return Answer{};
      return on_authenticate(text);
    case State::Authenticating:
      if (poll) return Answer{};
      return on_step(authenticator_->message(text));
    case State::DigestDone:
      // The poll that asks for the 200; a client that goes straight to its request has seen enough.
      move_to(State::Command);
      if (poll) return Answer{.text = wire::status_line(wire::Status::Success)};
      return on_request(text);
    case State::Command:
    case State::Offered:
    case State::Up:
      if (poll) return Answer{};
      return on_request(text);
    case State::Closed:
      return Ignore{};
  }
  std::unreachable();
}

Action Dialogue::on_version(std::string_view text) {
  const auto version = wire::parse_version(text);
  if (!version) {
    move_to(State::Closed);
    // Over UDP nothing is said to a stranger who does not greet: two servers would answer each other for ever.
    if (transport_ == Transport::Datagram) return Ignore{};
    return Answer{
        .text = wire::status_line(wire::Status::InvalidRequest), .close = true, .fault = "a greeting was expected"};
  }
  if (!wire::version_supported(*version)) {
    move_to(State::Closed);
    return Answer{.text = wire::status_line(wire::Status::UnsupportedVersion), .close = true};
  }
  bug_1455_ = wire::version_has_bug_1455(*version);
  move_to(State::Auth);
  return Answer{.text = wire::capability_line({.types = options_->types, .mechanisms = options_->mechanisms})};
}

Action Dialogue::on_authenticate(std::string_view text) {
  const auto name = wire::parse_authenticate(text);
  const auto mechanism = name ? wire::parse_mechanism(*name) : std::nullopt;
  if (!mechanism || std::ranges::find(options_->mechanisms, *mechanism) == options_->mechanisms.end()) {
    return fail_authentication(not_offered(mechanism));
  }
  authenticator_ = std::make_unique<auth::Authenticator>(*mechanism, options_->realm, options_->nonce, bug_1455_);
  move_to(State::Authenticating);
  return on_step(authenticator_->begin());
}

Action Dialogue::on_account(const std::optional<AccountRecord>& record) {
  TSP_ASSERT(state_ == State::Authenticating);
  return on_step(authenticator_->account(record));
}

Action Dialogue::on_store_failure() {
  Action action = fail_authentication({});
  auth_outcome_ = AuthOutcome::None;  // nobody's fault but ours
  return action;
}

Action Dialogue::on_framing_error() {
  const std::string line = wire::status_line(wire::Status::InvalidRequest);
  const bool framed = authenticated();
  close();
  return Answer{.text = framed ? wire::framed(wire::Status::InvalidRequest) : line,
                .close = true,
                .fault = framed ? "no Content-length that can be read" : "the line is too long"};
}

Action Dialogue::on_step(auth::Step step) {
  login_ = authenticator_->login();
  return std::visit(
      Overloaded{
          [&](auth::Reply& reply) -> Action {
            if (!reply.text.empty() && !reply.text.ends_with('\n')) reply.text += "\r\n";
            return Answer{.text = std::move(reply.text)};
          },
          [&](auth::NeedAccount& need) -> Action { return LookUpAccount{.login = std::move(need.login)}; },
          [&](auth::Succeeded& success) -> Action {
            if (success.account) set_account(std::move(*success.account));
            endpoint_proved_ = success.endpoint_proved;
            authenticator_.reset();
            auth_outcome_ = AuthOutcome::Succeeded;
            std::string ok = wire::status_line(wire::Status::Success);
            if (!success.rspauth) {
              move_to(State::Command);
              return Answer{.text = std::move(ok)};
            }
            if (transport_ == Transport::Datagram) {
              move_to(State::DigestDone);
              return Answer{.text = std::move(*success.rspauth)};
            }
            move_to(State::Command);
            return AnswerTwice{.first = std::move(*success.rspauth), .second = std::move(ok)};
          },
          [&](const auth::Failed& failed) -> Action { return fail_authentication(failed.reason); },
      },
      step);
}

Action Dialogue::fail_authentication(std::string_view reason) {
  move_to(State::Closed);
  auth_outcome_ = AuthOutcome::Failed;
  auth_failure_ = reason;
  authenticator_.reset();
  return Answer{.text = wire::status_line(wire::Status::AuthenticationFailed), .close = true};
}

Action Dialogue::on_request(std::string_view text) {
  if (transport_ == Transport::Datagram) {
    const auto body = wire::unframe_datagram(text);
    if (!body) return bad_request(wire::Status::InvalidRequest, "no Content-length that can be read");
    text = *body;
  }
  const auto request = wire::parse_request(text);
  if (!request) return bad_request(request.error(), "the XML cannot be read as a request");
  const bool needs_offer =
      std::holds_alternative<wire::AcceptRequest>(*request) || std::holds_alternative<wire::RejectRequest>(*request);
  if (needs_offer && state_ == State::Up) return Answer{};  // said again under a new sequence number
  if (needs_offer && state_ != State::Offered) {
    return bad_request(wire::Status::InvalidRequest, "accept or reject without an offer");
  }
  return std::visit([](const auto& known) -> Action { return known; }, *request);
}

Action Dialogue::bad_request(wire::Status status, std::string_view why) {
  const bool close_now = refused();
  return Answer{.text = wire::framed(status), .close = close_now, .fault = why};
}

void Dialogue::move_to(State next) {
  TSP_ASSERT(has_edge(kEdges, state_, next));
  state_ = next;
}

void Dialogue::offered() {
  move_to(State::Offered);
}

bool Dialogue::refused() {
  if (state_ == State::Up) return false;  // a live tunnel's session ends with the tunnel
  if (++refusals_ < kRefusalsMax) return false;
  move_to(State::Closed);
  return true;
}

void Dialogue::accepted() {
  move_to(State::Up);
}

void Dialogue::withdrawn() {
  move_to(State::Command);
}

void Dialogue::close() {
  if (state_ != State::Closed) move_to(State::Closed);
}

wire::StreamMode Dialogue::stream_mode() const {
  switch (state_) {
    case State::Start:
    case State::Auth:
    case State::Closed:
      return wire::StreamMode::Line;
    case State::Authenticating:
      return authenticator_->mechanism() == AuthMechanism::Plain ? wire::StreamMode::Credentials
                                                                 : wire::StreamMode::Line;
    case State::DigestDone:
    case State::Command:
    case State::Offered:
    case State::Up:
      return wire::StreamMode::Framed;
  }
  std::unreachable();
}

bool Dialogue::authenticated() const {
  return state_ == State::DigestDone || state_ == State::Command || state_ == State::Offered || state_ == State::Up;
}

void Dialogue::slim() {
  TSP_ASSERT(state_ == State::Up);
  options_.reset();
}

}  // namespace tsp::session
