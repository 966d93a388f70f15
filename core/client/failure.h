// SPDX-License-Identifier: Apache-2.0
//
// How an attempt to get a tunnel can end without one, and what that says about trying again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/wire/message.h"

namespace tsp::client {

enum class FailureKind : std::uint8_t {
  CannotConnect,         // no such name, no route, TCP refused or too slow
  NoAnswer,              // nothing came back, or only ICMP errors: perhaps there is no server
  TimedOut,              // the server stopped answering in the middle
  ConnectionClosed,      // by the server (TCP)
  VersionRefused,        // 302
  TypeNotOffered,        // the wanted tunnel type is not among the server's capabilities
  MechanismNotOffered,   // nor the one mechanism we are to use
  AuthenticationFailed,  // 300
  ServerNotAuthentic,    // the server's proof (rspauth) is wrong: it does not know the password
  Refused,               // any other status; `code`
  Redirected,            // `redirect`
  RedirectRefused,       // a broker list that leads nowhere we may or want to go
  BadReply,              // not what the protocol says
  BadOffer,              // an offer that we cannot take; it was rejected
  LocalRefused,          // this host cannot set the tunnel up
};

// "no_answer" …: stable, for logs.
[[nodiscard]] std::string_view name(FailureKind kind);

struct Failure {
  FailureKind kind = FailureKind::NoAnswer;
  unsigned code = 0;   // the server's status, if it sent one
  std::string detail;  // for people; free of control characters
  std::optional<wire::Redirect> redirect;
};

// Later: it may pass by itself. Refused: somebody must change something first (C-26).
enum class RetryClass : std::uint8_t { Later, Refused };

[[nodiscard]] RetryClass retry_class(const Failure& failure);

// The failure that a status other than 200 means; above 1000 it needs the message for its broker list.
[[nodiscard]] Failure failure_from_status(unsigned code, std::string_view message);
[[nodiscard]] Failure failure_from_redirect(wire::Redirect redirect);

}  // namespace tsp::client
