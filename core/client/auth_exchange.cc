// SPDX-License-Identifier: Apache-2.0
#include "core/client/auth_exchange.h"

#include <algorithm>

#include "core/auth/digest_md5.h"
#include "core/base/assert.h"
#include "core/wire/text.h"

namespace tsp::client {
namespace {

constexpr unsigned kSuccess = 200;

Failure bad_reply(std::string detail) {
  return {.kind = FailureKind::BadReply, .code = 0, .detail = std::move(detail), .redirect = {}};
}

bool is_base64(char c) {
  return wire::is_alphanumeric(c) || c == '+' || c == '/';
}

// The length of the base64 token that the text begins with, padding included. Some servers put the final status behind
// it without a line end between.
std::size_t token_size(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_base64(text[size])) ++size;
  while (size < text.size() && text[size] == '=') ++size;
  return size;
}

bool is_blank(char c) {
  return c == '\r' || c == '\n' || c == ' ' || c == '\0';
}

}  // namespace

AuthExchange::AuthExchange(AuthMechanism mechanism, Transport transport, Credentials credentials, std::string server,
                           std::string cnonce)
    : mechanism_(mechanism),
      transport_(transport),
      credentials_(std::move(credentials)),
      server_(std::move(server)),
      cnonce_(std::move(cnonce)) {}

AuthStep AuthExchange::begin() {
  TSP_ASSERT(state_ == State::Begin);
  AuthSay say{{"AUTHENTICATE " + std::string(wire::mechanism_name(mechanism_)) + "\r\n"}};
  switch (mechanism_) {
    case AuthMechanism::Anonymous:
      state_ = State::Verdict;
      break;
    case AuthMechanism::Plain:
      // Over TCP the server says nothing before it has the credentials.
      state_ = transport_ == Transport::Udp ? State::PlainAcknowledged : State::Verdict;
      if (transport_ == Transport::Tcp) say.messages.push_back(plain_message());
      break;
    case AuthMechanism::DigestMd5:
      state_ = State::DigestChallenge;
      break;
  }
  return say;
}

AuthStep AuthExchange::reply(std::string_view text) {
  switch (state_) {
    case State::Begin:
      break;
    case State::PlainAcknowledged:
      return plain_acknowledged(text);
    case State::DigestChallenge:
      return digest_challenge(text);
    case State::DigestProof:
      return digest_proof(text);
    case State::Verdict:
      return verdict(text);
  }
  TSP_ASSERT(false);
  return AuthDone{};
}

AuthStep AuthExchange::plain_acknowledged(std::string_view text) {
  const auto code = wire::parse_status_code(text);
  if (code && *code != kSuccess) return failure_from_status(*code, text);
  state_ = State::Verdict;
  return AuthSay{{plain_message()}};
}

AuthStep AuthExchange::digest_challenge(std::string_view text) {
  // No challenge begins with a digit: the keys are lower-case words, and base64 makes letters of those.
  if (const auto code = wire::parse_status_code(text)) return verdict(text);
  const auto challenge = auth::parse_challenge(text.substr(0, token_size(text)));
  if (!challenge) return bad_reply("unreadable DIGEST-MD5 challenge");
  const auto response = auth::make_response(*challenge, credentials_.login, credentials_.password, cnonce_, server_);
  expected_rspauth_ = response.expected_rspauth;
  state_ = State::DigestProof;
  return AuthSay{{response.token + "\r\n"}};
}

AuthStep AuthExchange::digest_proof(std::string_view text) {
  if (const auto code = wire::parse_status_code(text)) return verdict(text);
  const std::size_t size = token_size(text);
  if (!auth::check_rspauth(text.substr(0, size), expected_rspauth_)) {
    return Failure{.kind = FailureKind::ServerNotAuthentic,
                   .code = 0,
                   .detail = "the server does not know the password",
                   .redirect = {}};
  }
  state_ = State::Verdict;
  std::string_view rest = text.substr(size);
  rest.remove_prefix(static_cast<std::size_t>(std::ranges::find_if_not(rest, is_blank) - rest.begin()));
  success_announced_ = wire::parse_status_code(rest) == kSuccess;
  if (transport_ == Transport::Udp) return AuthSay{{""}};  // servers wait for the poll, whatever they sent before
  return success_announced_ ? AuthStep(AuthDone{}) : AuthStep(AuthSay{});
}

AuthStep AuthExchange::verdict(std::string_view text) const {
  const auto code = wire::parse_status_code(text);
  // Before the proof, success would be an authentication that only one side did.
  if (code == kSuccess && state_ == State::Verdict) return AuthDone{};
  if (code && *code != kSuccess) return failure_from_status(*code, text);
  if (!code && success_announced_) return AuthDone{};
  return bad_reply("no verdict on the authentication");
}

std::string AuthExchange::plain_message() const {
  std::string message;
  message += '\0';
  message += credentials_.login;
  message += '\0';
  message += credentials_.password;
  message += "\r\n";
  return message;
}

}  // namespace tsp::client
