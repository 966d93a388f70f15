// SPDX-License-Identifier: Apache-2.0
//
// What either side may send while a client proves its password: DIGEST-MD5 tokens, PLAIN, ANONYMOUS. Inputs are read as
// they are and as the clear text of a token.
#include "core/auth/authenticator.h"
#include "core/auth/digest_md5.h"
#include "core/auth/login.h"
#include "core/client/auth_exchange.h"
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

// A server that does not know the password is not taken for one that does, whatever it says and however often.
void answer_client(client::Transport transport, std::string_view reply) {
  client::AuthExchange exchange(AuthMechanism::DigestMd5, transport, {kLogin, kPassword}, "[2001:db8::1]:3653", "42");
  client::AuthStep step = exchange.begin();
  for (int i = 0; i < 4 && std::holds_alternative<client::AuthSay>(step); ++i) step = exchange.reply(reply);
  fuzz::require(!std::holds_alternative<client::AuthDone>(step));
}

// Mechanisms in which the server proves nothing end all the same.
void end_exchange(AuthMechanism mechanism, client::Transport transport, std::string_view reply) {
  client::AuthExchange exchange(mechanism, transport, {kLogin, kPassword}, "tb.example.net", "42");
  client::AuthStep step = exchange.begin();
  int replies = 0;
  while (std::holds_alternative<client::AuthSay>(step)) {
    fuzz::require(++replies <= 3);
    step = exchange.reply(reply);
  }
}

void read_token(std::string_view token) {
  answer_challenge(token);
  check_response(token);
  (void)auth::check_rspauth(token, "00000000000000000000000000000000");
  run_exchange(AuthMechanism::DigestMd5, token);
  for (const auto transport : {client::Transport::Udp, client::Transport::Tcp}) {
    answer_client(transport, token);
    answer_client(transport, std::string(token) + "\r\n200 Success\r\n");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text({data, size});
  read_token(input);
  read_token(wire::base64_encode(input));
  run_exchange(AuthMechanism::Plain, input);
  for (const auto transport : {client::Transport::Udp, client::Transport::Tcp}) {
    end_exchange(AuthMechanism::Plain, transport, input);
    end_exchange(AuthMechanism::Anonymous, transport, input);
  }
  return 0;
}
