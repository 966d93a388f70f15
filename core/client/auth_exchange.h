// SPDX-License-Identifier: Apache-2.0
//
// One authentication, the client's side (RFC 5572 section 4.4). One mechanism, chosen beforehand: there is no way from
// here to a weaker one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tsp/client.h>

#include "core/client/failure.h"
#include "core/client/transport.h"

namespace tsp::client {

// Each is a message of its own; the next reply goes to reply(). Over TCP there may be none: only wait.
struct AuthSay {
  std::vector<std::string> messages;
};
struct AuthDone {};
using AuthStep = std::variant<AuthSay, AuthDone, Failure>;

struct Credentials {
  std::string login;
  std::string password;
};

class AuthExchange {
 public:
  // `server` is the host part of the digest-uri. `cnonce` must be unpredictable, and new for each exchange.
  AuthExchange(AuthMechanism mechanism, Transport transport, Credentials credentials, std::string server,
               std::string cnonce);

  [[nodiscard]] AuthStep begin();
  [[nodiscard]] AuthStep reply(std::string_view text);

 private:
  enum class State : std::uint8_t { Begin, PlainAcknowledged, DigestChallenge, DigestProof, Verdict };

  AuthStep plain_acknowledged(std::string_view text);
  AuthStep digest_challenge(std::string_view text);
  AuthStep digest_proof(std::string_view text);
  AuthStep verdict(std::string_view text) const;
  [[nodiscard]] std::string plain_message() const;

  AuthMechanism mechanism_;
  Transport transport_;
  Credentials credentials_;
  std::string server_;
  std::string cnonce_;
  State state_ = State::Begin;
  std::string expected_rspauth_;
  bool success_announced_ = false;  // the 200 came together with the proof
};

}  // namespace tsp::client
