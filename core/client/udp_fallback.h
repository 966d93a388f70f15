// SPDX-License-Identifier: Apache-2.0
//
// What a client that leaves the choice to the broker (v6anyv4) asks for where protocol 41 does not get through. A
// broker that sees no NAT offers v6v4 (RFC 5572 section 4.4.3); it cannot see a firewall that knows only TCP and UDP.
// The client can: no keepalive is ever answered. It then asks for v6udpv4, and remembers that for the session.
#pragma once

#include <chrono>
#include <optional>

#include <tsp/client.h>
#include <tsp/time.h>

namespace tsp::client {

class UdpFallback {
 public:
  // How long only v6udpv4 is asked for: from the first, doubled each time that protocol 41 is silent again.
  static constexpr Duration kHoldMin = std::chrono::hours(1);
  static constexpr Duration kHoldMax = std::chrono::hours(24);

  explicit UdpFallback(RequestedType configured) : configured_(configured), type_(configured) {}

  // What to ask for.
  [[nodiscard]] RequestedType type() const { return type_; }
  // A round of attempts begins, and no tunnel stands that it could take away: only then protocol 41 is tried again.
  void begin_round(Instant now);

  // Whether a tunnel of this offer, negotiated over UDP, has to prove that it works: even one that has no keepalives.
  [[nodiscard]] bool is_doubtful(const Offer& offer) const;
  // Such a tunnel never answered; how long UDP is asked for from now on.
  [[nodiscard]] Duration protocol_41_is_silent(Instant now);

  // The first keepalive of a tunnel was answered.
  void confirmed(TunnelType type);
  // A round that asked for v6udpv4 brought no tunnel, or one as silent. Unless UDP has been seen to work that was the
  // wrong conclusion: the server may just have been away.
  void failed();
  // Another network.
  void forget();

 private:
  [[nodiscard]] bool active() const { return type_ != configured_; }

  RequestedType configured_;
  RequestedType type_;
  Duration hold_{};  // the last one
  std::optional<Instant> until_;
  bool udp_works_ = false;
  bool udp_failed_ = false;
};

}  // namespace tsp::client
