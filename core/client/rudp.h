// SPDX-License-Identifier: Apache-2.0
//
// Reliable messages over UDP, the client's side (RFC 5572 section 4.2; the algorithm of Stevens, UNP section 22.5): one
// message in flight, sent again with the same sequence number until the answer with that number arrives.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/time.h>
#include <tsp/types.h>

#include "core/wire/udp_header.h"

namespace tsp::client {

// Smoothed round-trip time as RFC 6298 computes it, in whole milliseconds.
class RttEstimate {
 public:
  static constexpr std::int64_t kTimeoutMinMs = 1'000;
  static constexpr std::int64_t kTimeoutMaxMs = 30'000;

  void measured(std::int64_t rtt_ms);
  // kTimeoutMinMs before the first measurement, and never below it.
  [[nodiscard]] std::int64_t timeout_ms() const;

 private:
  bool any_ = false;
  std::int64_t smoothed_ms_ = 0;
  std::int64_t variance_ms_ = 0;
};

class Rudp {
 public:
  // How long one message is repeated: by then a server that ever answered has forgotten the session.
  static constexpr Duration kPatience = std::chrono::seconds(66);
  // The same while the server has not answered anything yet: perhaps there is none.
  static constexpr Duration kPatienceUnanswered = std::chrono::seconds(7);

  // `start` is the origin of the timestamps.
  Rudp(wire::Sequence first, Instant start) : next_(first), start_(start) {}

  // Begins a message (an empty one is a poll) and returns its first datagram. None may be in flight.
  [[nodiscard]] Bytes send(Instant now, std::string payload);
  // The payload of the answer to the message in flight, which ends it; none for any other datagram. The view is into
  // `datagram`.
  [[nodiscard]] std::optional<std::string_view> receive(Instant now, ByteView datagram);

  struct Due {
    Bytes datagram;        // to be sent again; empty: nothing is due
    bool gave_up = false;  // the message is not in flight any more
  };
  [[nodiscard]] Due advance(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  [[nodiscard]] bool in_flight() const { return flight_.has_value(); }
  // Stops repeating the message in flight.
  void abandon() { flight_.reset(); }
  [[nodiscard]] bool ever_answered() const { return ever_answered_; }
  // What the next message will carry; a new session on the same socket goes on from here.
  [[nodiscard]] wire::Sequence next_sequence() const { return next_; }

 private:
  struct Flight {
    wire::Sequence sequence;
    std::string payload;
    Instant first_sent;
    Instant resend_at;
    std::int64_t timeout_ms = 0;
  };
  [[nodiscard]] std::uint32_t timestamp_ms(Instant at) const;
  [[nodiscard]] Bytes transmit(Instant now);
  [[nodiscard]] Instant gives_up_at() const;

  wire::Sequence next_;
  Instant start_;
  RttEstimate rtt_;
  bool ever_answered_ = false;
  std::optional<Flight> flight_;
};

}  // namespace tsp::client
