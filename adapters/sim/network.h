// SPDX-License-Identifier: Apache-2.0
//
// What lies between clients and broker: NATs that map, forget and rebind, and links that lose, repeat, delay and
// reorder.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>

#include "core/base/random.h"

namespace tsp::sim {

// Chances are per thousand datagrams. Datagrams with different delays overtake each other.
struct LinkFaults {
  std::uint32_t loss_per_mille = 0;
  std::uint32_t duplicate_per_mille = 0;
  Duration delay_min = std::chrono::milliseconds(5);
  Duration delay_max = std::chrono::milliseconds(5);
};

// The delays after which copies of one datagram arrive: none if it is lost, two if it is duplicated.
[[nodiscard]] std::vector<Duration> draw_arrivals(const LinkFaults& faults, Random& random);

// A NAT with endpoint-independent mapping and address-and-port-dependent filtering (RFC 4787): many hosts behind one
// address, ports preserved where they are free.
class Nat {
 public:
  Nat(const IPv4Address& outside, Duration idle_limit) : outside_(outside), idle_limit_(idle_limit) {}

  // Outbound: the public endpoint of the private one.
  [[nodiscard]] Endpoint map(const Endpoint& inside, Instant now, Random& random);
  // Inbound: the private endpoint, if the mapping is alive.
  [[nodiscard]] std::optional<Endpoint> unmap(const Endpoint& outside, Instant now);
  [[nodiscard]] const IPv4Address& outside() const { return outside_; }
  // A reboot: all mappings are forgotten, and new ones get other ports.
  void rebind();

 private:
  struct Mapping {
    std::uint16_t port = 0;
    Instant used;
  };

  [[nodiscard]] bool port_in_use(std::uint16_t port) const { return inside_of_.contains(port); }

  IPv4Address outside_;
  Duration idle_limit_;
  bool preserve_ports_ = true;
  std::map<Endpoint, Mapping> mappings_;
  std::map<std::uint16_t, Endpoint> inside_of_;
};

}  // namespace tsp::sim
