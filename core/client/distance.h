// SPDX-License-Identifier: Apache-2.0
//
// How far several brokers are: echo requests to all of them at the same time, and which one is then to be tried first.
// RFC 5572 does not have them; gogoc sends them, and brokers answer (docs/internals/rfc5572.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <tsp/time.h>
#include <tsp/types.h>

#include "core/base/random.h"
#include "core/client/messages.h"
#include "core/client/server_name.h"
#include "core/wire/udp_header.h"

namespace tsp::client {

// Two of which one is farther by no more than this, and an eighth, are equally far: what the next measurement would
// show the other way round is no reason to leave a server.
inline constexpr Duration kSameDistance = std::chrono::milliseconds(5);

// Nearest first. Equals keep their order, but for `usual`, which comes before its equals; who has not answered comes
// last.
[[nodiscard]] std::vector<Distance> by_distance(std::vector<Distance> distances,
                                                const std::optional<ServerName>& usual);

// One measurement of several servers. Each has a socket of its own, and is told about once at most by opened() or
// failed(); poll() yields what is to be sent.
class Survey {
 public:
  static constexpr unsigned kAnswersWanted = 3;  // of each server; the quickest counts
  static constexpr unsigned kRequestsMax = 6;    // to each server
  static constexpr Duration kRepeatAfter = std::chrono::milliseconds(500);
  // Name lookup and all.
  static constexpr Duration kPatience = std::chrono::seconds(3);
  // Once a server is measured: who is much farther, or silent, is not waited for.
  static constexpr Duration kPatienceForOthers = std::chrono::seconds(1);

  Survey(std::vector<std::pair<SocketId, ServerName>> servers, Random random, Instant now);

  [[nodiscard]] bool has(SocketId socket) const;
  void opened(Instant now, SocketId socket);
  void failed(SocketId socket);
  // A datagram from that server.
  void receive(Instant now, SocketId socket, ByteView datagram);
  void advance(Instant now);
  [[nodiscard]] std::optional<SendBytes> poll();
  [[nodiscard]] Instant next_deadline() const;
  [[nodiscard]] bool finished(Instant now) const;

  [[nodiscard]] std::vector<SocketId> sockets() const;
  // In the order of the servers.
  [[nodiscard]] std::vector<Distance> distances() const;

 private:
  struct Probe {
    SocketId socket;
    Distance distance;
    wire::Sequence first_sequence;       // of its requests; one each
    std::vector<Instant> requests_sent;  // in their order
    unsigned answers = 0;
    std::optional<Instant> repeat_at;
    bool done = false;
  };
  [[nodiscard]] Probe* find(SocketId socket);
  void request(Instant now, Probe& probe);
  void answered(Instant now, Probe& probe, Duration round_trip);
  [[nodiscard]] Instant ends_at() const;

  std::vector<Probe> probes_;
  Instant start_;
  std::optional<Instant> first_measured_;  // when the first server had given all answers
  std::deque<SendBytes> orders_;
};

}  // namespace tsp::client
