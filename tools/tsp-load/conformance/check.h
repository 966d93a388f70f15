// SPDX-License-Identifier: Apache-2.0
//
// What the checks of a server are made of. A check asks the server one thing, and throws what it found if that is not
// what docs/internals/rfc5572.md says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <tsp/address.h>
#include <tsp/time.h>

#include "core/wire/message.h"

namespace tsp::load::conformance {

struct Account {
  std::string login;
  std::string password;
};

// The server, and what it has told at the beginning.
struct Target {
  Endpoint server;
  IPv6Address local{};  // where its datagrams come to; IPv4 is mapped
  std::optional<Account> account{};
  std::string version = "2.0.2";            // the newest that it takes
  std::optional<wire::Capabilities> udp{};  // none: it did not greet over UDP
  std::optional<wire::Capabilities> tcp{};
  bool busy = false;  // it greets with 530
  // After so much time nothing comes any more.
  Duration patience = std::chrono::milliseconds(200);

  [[nodiscard]] bool over_ipv6() const { return !server.is_ipv4(); }
  // What is asked for where any type will do, and can be had over UDP: over IPv6 only one of IPv4 (RFC 5572 Figure 4).
  [[nodiscard]] RequestedType usual_type() const { return over_ipv6() ? RequestedType::V4V6 : RequestedType::V6UdpV4; }
  [[nodiscard]] bool offers(TunnelType type) const;  // over UDP
  [[nodiscard]] bool offers(AuthMechanism mechanism) const;
};

// The server does not do what it should; what it did.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// It cannot be seen here whether it does; why.
struct NotTestable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& what_happened) {
  if (!holds) throw Violation(what_happened);
}
inline void need(bool given, const std::string& what_is_missing) {
  if (!given) throw NotTestable(what_is_missing);
}

// For messages: quoted, escaped, cut.
[[nodiscard]] std::string shown(std::string_view text);

enum class Level : char { Must = 'M', Should = 'S', Beyond = 'B' };

struct Check {
  std::string_view number;  // "S-13"
  Level level;
  std::string_view statement;
  void (*ask)(const Target&);  // null: nothing of it can be seen from outside
  std::string_view unseen{};   // what cannot be seen, and why
};

// The statements in the order of their numbers, part by part.
[[nodiscard]] std::span<const Check> tcp_checks();
[[nodiscard]] std::span<const Check> udp_checks();
[[nodiscard]] std::span<const Check> login_checks();
[[nodiscard]] std::span<const Check> request_checks();
[[nodiscard]] std::span<const Check> offer_checks();
[[nodiscard]] std::span<const Check> packet_checks();

}  // namespace tsp::load::conformance
