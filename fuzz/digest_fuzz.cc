// SPDX-License-Identifier: Apache-2.0
//
// What a peer may send while a client proves its password: DIGEST-MD5 tokens, from both sides, and PLAIN. Inputs are
// read as they are and as the clear text of a token.
#include "core/auth/authenticator.h"
#include "core/auth/digest_md5.h"
#include "core/auth/login.h"
#include "core/wire/base64.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;

namespace {

constexpr const char* kLogin = "a\"l\\i,c=e";
constexpr const char* kPassword = "secret";

// Whatever challenge our client accepts, its response is what a server that issued that challenge wants.
void answer_challenge(std::string_view token) {
  const auto challenge = auth::parse_challenge(token);
  if (!challenge) return;
  const auto made = auth::make_response(*challenge, kLogin, kPassword, "42", "[2001:db8::1]:3653");
  const auto response = auth::parse_response(made.token);
  fuzz::require(response && response->username == kLogin);
  const Verifier verifier = auth::make_verifier(kLogin, challenge->realm, kPassword);
  const auto rspauth = auth::check_response(*response, verifier, challenge->realm, challenge->nonce, false);
  fuzz::require(rspauth && auth::check_rspauth(*rspauth, made.expected_rspauth));
}

// Nothing proves a password that went into no hash, whatever the response says of realm and nonce.
void check_response(std::string_view token) {
  const auto response = auth::parse_response(token);
  if (!response) return;
  const Verifier verifier{0x0B, 0xAD, 0xC0, 0xFF, 0xEE, 0x00, 0xDE, 0xAD};
  fuzz::require(!auth::check_response(*response, verifier, response->realm, response->nonce, true));
}

void run_exchange(AuthMechanism mechanism, std::string_view message) {
  auth::Authenticator authenticator(mechanism, "tb.example.net", "5f1d7c0a9be24386a1c4d2f09e8b7361", true);
  (void)authenticator.begin();
  const auth::Step step = authenticator.message(message);
  if (const auto* need = std::get_if<auth::NeedAccount>(&step)) {
    fuzz::require(auth::valid_login(need->login) && need->login == authenticator.login());
    fuzz::require(std::holds_alternative<auth::Failed>(authenticator.account(std::nullopt)));
  } else {
    fuzz::require(std::holds_alternative<auth::Failed>(step));
  }
}

void read_token(std::string_view token) {
  answer_challenge(token);
  check_response(token);
  fuzz::require(!auth::check_rspauth(token, "00000000000000000000000000000000"));
  run_exchange(AuthMechanism::DigestMd5, token);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text({data, size});
  read_token(input);
  read_token(wire::base64_encode(input));
  run_exchange(AuthMechanism::Plain, input);
  return 0;
}
