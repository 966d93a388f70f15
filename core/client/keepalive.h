// SPDX-License-Identifier: Apache-2.0
//
// Echo requests through the tunnel, ICMPv6 or in IPv4 ICMPv4: they hold the NAT's mapping, tell the server that we
// live, and us that the path does (RFC 5572 section 4.7; C-24).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include <tsp/client.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "core/base/random.h"

namespace tsp::client {

class Keepalive {
 public:
  static constexpr Duration kReplyPatience = std::chrono::seconds(5);
  static constexpr unsigned kLossesMax = 3;

  // Without a keepalive in the offer.
  enum class Without : std::uint8_t {
    Nothing,  // nothing is ever due
    Trial,    // probes to the server's address until one is answered
  };

  // The first probe is due at once: an endpoint that proved nothing yet gets no packet before the server has seen one
  // of ours.
  Keepalive(const Offer& offer, Without without, Random random, Instant now);

  struct Due {
    std::optional<Bytes> probe;  // an inner packet to be sent
    bool lost = false;           // the last probe was not answered in time
    bool dead = false;           // that was the last of kLossesMax in a row
  };
  [[nodiscard]] Due advance(Instant now);
  // Something hints that the path is broken: probes at once unless a probe is out already.
  void hurry(Instant now);
  [[nodiscard]] std::optional<Instant> next_deadline() const { return next_; }

  // The round-trip time if the packet answers a probe of ours; late answers count too. The checksum is not looked at:
  // one kind of server gets it wrong.
  [[nodiscard]] std::optional<Duration> answered(Instant now, ByteView packet);
  [[nodiscard]] bool ever_answered() const { return ever_answered_; }
  // Whether there is a probe that may still find out that the server is gone.
  [[nodiscard]] bool enabled() const { return next_.has_value(); }

 private:
  [[nodiscard]] Bytes make_probe();

  IPv6Address source_;
  IPv6Address destination_;
  Duration interval_;
  Random random_;
  std::uint16_t identifier_ = 0;
  std::array<std::uint8_t, 8> token_{};  // what only we and the server know
  std::uint16_t sequence_ = 0;           // of the last probe
  Instant sent_;                         // when that was
  bool outstanding_ = false;
  bool ever_answered_ = false;
  unsigned losses_ = 0;
  std::optional<Instant> next_;
};

}  // namespace tsp::client
