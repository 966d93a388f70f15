// SPDX-License-Identifier: Apache-2.0
//
// A tunnel that is up: whether it still works, and when it must be renewed.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/base/random.h"
#include "core/client/inner.h"
#include "core/client/keepalive.h"
#include "core/client/messages.h"
#include "core/client/session.h"

namespace tsp::client {

// Counts ICMP errors, at most one a second: a burst of them says no more than one.
class UnreachableHints {
 public:
  static constexpr unsigned kMany = 3;

  // Whether there are many now.
  [[nodiscard]] bool add(Instant now);
  [[nodiscard]] bool many() const { return count_ >= kMany; }
  void forget() { count_ = 0; }

 private:
  unsigned count_ = 0;
  std::optional<Instant> last_;
};

// Where and how the negotiation was made.
struct Carrier {
  SocketId socket;
  Transport transport = Transport::Udp;
  ServerName server;
  std::string version;
  IPv6Address local;
};

class LiveTunnel {
 public:
  // As long as this a tunnel must have been up for its end to count as the first failure.
  static constexpr Duration kStableAfter = std::chrono::seconds(60);

  // `doubtful`: whether it works is found out even if the offer has no keepalive.
  LiveTunnel(Carrier carrier, ClientSession session, Offer offer, bool doubtful, Random random, Instant now);

  struct Due {
    std::optional<Bytes> probe;
    bool keepalive_lost = false;
    bool dead = false;
  };
  [[nodiscard]] Due advance(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] bool renewal_due(Instant now) const { return renew_at_ && now >= *renew_at_; }
  void renewal_begun() { renew_at_.reset(); }

  // An inner packet from the server: whether it is for the host. `round_trip`: of the first keepalive answered.
  struct Arrival {
    bool deliver = false;
    std::optional<Duration> round_trip;
  };
  [[nodiscard]] Arrival inner_packet(Instant now, ByteView packet);
  // An ICMP error: whether the tunnel is dead. Only where there is no keepalive to ask.
  [[nodiscard]] bool unreachable(Instant now);

  [[nodiscard]] const Carrier& carrier() const { return carrier_; }
  [[nodiscard]] const Offer& offer() const { return offer_; }
  [[nodiscard]] ClientSession& session() { return session_; }
  [[nodiscard]] const ClientSession& session() const { return session_; }
  [[nodiscard]] bool was_stable(Instant now) const { return now - up_since_ >= kStableAfter; }
  // As it was made.
  [[nodiscard]] bool is_doubtful() const { return doubtful_; }
  // Whether an echo request has ever been answered.
  [[nodiscard]] bool confirmed() const { return keepalive_.ever_answered(); }

 private:
  Carrier carrier_;
  ClientSession session_;
  Offer offer_;
  bool doubtful_;
  Instant up_since_;
  std::optional<Instant> renew_at_;
  Keepalive keepalive_;
  UnreachableHints hints_;
};

}  // namespace tsp::client
