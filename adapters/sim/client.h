// SPDX-License-Identifier: Apache-2.0
//
// A program on a host of the simulated world that talks to the broker, well or badly.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "core/base/random.h"

namespace tsp::sim {

// Where a client runs, and what it is given to begin with.
struct Host {
  IPv6Address address;  // its own, IPv4 mapped; private behind a NAT
  Endpoint server;
  Random random;
  Instant now;
};

// A datagram to the broker's port; or with port 0 a packet directly in the outer one (v6v4, v4v6), which has none.
struct Departure {
  std::uint16_t port = 0;  // of this host
  Bytes payload{};
  std::optional<Endpoint> forged_source{};  // goes out with this source instead, past any NAT
};

class Client {
 public:
  Client() = default;
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A datagram came to a port of its host; port 0: a packet of a tunnel without ports.
  virtual void receive(Instant now, std::uint16_t port, ByteView datagram) = 0;
  // "Port unreachable" came for what it sent from there.
  virtual void refuse(Instant now, std::uint16_t port) = 0;
  // Its deadline has come; calling it early is harmless.
  virtual void advance(Instant now) = 0;
  // Instant{Duration::max()}: it does nothing more by itself.
  [[nodiscard]] virtual Instant next_deadline() const = 0;
  // What it wants to send, oldest first, once.
  [[nodiscard]] virtual std::vector<Departure> take_departures() = 0;
  // A power cut: it forgets everything and begins again.
  virtual void restart(Instant now) = 0;

  // The port that its tunnel, or its attempt to get one, uses at present.
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  // In a fair world it must come to have what it can get: a tunnel or a final refusal. Who wants none always has.
  [[nodiscard]] virtual bool content() const = 0;
};

}  // namespace tsp::sim
