// SPDX-License-Identifier: Apache-2.0
#include "core/auth/authenticator.h"

#include <utility>

#include "core/auth/digest_value.h"
#include "core/auth/login.h"
#include "core/auth/plain.h"
#include "core/base/assert.h"

namespace tsp::auth {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

void wipe(Verifier& secret) {
  secret.fill(0);
  // Without this the compiler may leave out stores that nobody reads.
  asm volatile("" : : "r"(secret.data()) : "memory");
}

}  // namespace

Authenticator::Authenticator(AuthMechanism mechanism, std::string realm, std::string nonce, bool allow_bug_1455)
    : mechanism_(mechanism), realm_(std::move(realm)), nonce_(std::move(nonce)), allow_bug_1455_(allow_bug_1455) {}

Authenticator::~Authenticator() {
  wipe(offered_);
}

Step Authenticator::begin() {
  TSP_ASSERT(state_ == State::Begin);
  switch (mechanism_) {
    case AuthMechanism::Anonymous:
      state_ = State::Finished;
      return Succeeded{};
    case AuthMechanism::Plain:
      // Over TCP old clients would take any answer here as the verdict.
      state_ = State::AwaitCredentials;
      return Reply{};
    case AuthMechanism::DigestMd5:
      state_ = State::AwaitResponse;
      return Reply{make_challenge(realm_, nonce_).append(kLineEnd)};
  }
  TSP_ASSERT(false);
}

Step Authenticator::message(std::string_view text) {
  TSP_ASSERT(state_ != State::Begin && state_ != State::Finished);
  if (state_ == State::AwaitCredentials) return plain_credentials(text);
  if (state_ == State::AwaitResponse) return digest_response(text);
  return fail("message out of turn");
}

Step Authenticator::account(const std::optional<AccountRecord>& record) {
  TSP_ASSERT(state_ == State::AwaitAccount);
  const bool usable = record && record->account.enabled;
  // The same work for every login, and only then the difference.
  Proof proof = check_proof(usable ? record->account.verifier : Verifier{});
  if (!record) return fail("unknown login");
  if (!usable) return fail("disabled account");
  if (!proof.right) return fail("wrong password");
  finish();
  return Succeeded{.rspauth = std::move(proof.rspauth),
                   .account = record,
                   .endpoint_proved = mechanism_ == AuthMechanism::DigestMd5};
}

Step Authenticator::plain_credentials(std::string_view text) {
  const auto credentials = parse_plain(text);
  if (!credentials) return fail("malformed credentials");
  offered_ = make_verifier(credentials->login, realm_, credentials->password);
  return ask_for_account(std::string(credentials->login));
}

Step Authenticator::digest_response(std::string_view text) {
  auto response = parse_response(text);
  if (!response || !valid_login(response->username)) return fail("malformed response");
  // Whoever has not seen the challenge shall not even cost a look-up.
  if (response->realm != realm_) return fail("another realm");
  if (response->nonce != nonce_) return fail("another nonce");
  response_ = std::move(*response);
  return ask_for_account(response_->username);
}

Step Authenticator::ask_for_account(std::string login) {
  login_ = std::move(login);
  state_ = State::AwaitAccount;
  return NeedAccount{login_};
}

Authenticator::Proof Authenticator::check_proof(const Verifier& verifier) const {
  if (mechanism_ == AuthMechanism::Plain) return {.right = equal_secrets(offered_, verifier), .rspauth = std::nullopt};
  auto rspauth = check_response(*response_, verifier, realm_, nonce_, allow_bug_1455_);
  const bool right = rspauth.has_value();
  if (rspauth) rspauth->append(kLineEnd);
  return {.right = right, .rspauth = std::move(rspauth)};
}

void Authenticator::finish() {
  wipe(offered_);
  response_.reset();
  state_ = State::Finished;
}

Step Authenticator::fail(std::string_view reason) {
  finish();
  return Failed{reason};
}

}  // namespace tsp::auth
