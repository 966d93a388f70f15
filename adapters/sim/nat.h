// SPDX-License-Identifier: Apache-2.0
//
// A NAT in the terms of RFC 4787: how it maps (section 4.1), chooses ports (4.2), forgets (4.3) and filters (5).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <tsp/address.h>
#include <tsp/time.h>

#include "core/base/random.h"

namespace tsp::sim {

// Of what a mapping depends beside the inside endpoint, and from whom packets are let in.
enum class NatScope : std::uint8_t { EndpointIndependent, AddressDependent, AddressAndPortDependent };

enum class NatPorts : std::uint8_t {
  Preserved,  // the inner port where it is free, else another
  Random,
  Sequential,  // the next one, from 1024
};

struct NatOptions {
  NatScope mapping = NatScope::EndpointIndependent;
  NatScope filtering = NatScope::AddressAndPortDependent;
  NatPorts ports = NatPorts::Preserved;
  Duration idle_limit = std::chrono::seconds(120);
  bool inbound_refreshes = false;  // REQ-6: what comes in may keep a mapping alive, too
};

class Nat {
 public:
  Nat(const IPv4Address& outside, const NatOptions& options) : outside_(outside), options_(options) {}

  // Outbound: the public endpoint of the private one.
  [[nodiscard]] Endpoint map(const Endpoint& inside, const Endpoint& remote, Instant now, Random& random);
  // Inbound: the private endpoint, if the mapping is alive and the remote is let in.
  [[nodiscard]] std::optional<Endpoint> unmap(const Endpoint& outside, const Endpoint& remote, Instant now);
  [[nodiscard]] const IPv4Address& outside() const { return outside_; }
  // A reboot: all mappings are forgotten, and new ones get other ports.
  void rebind();

 private:
  using Key = std::pair<Endpoint, Endpoint>;  // the inside one, and what of the remote one matters
  struct Mapping {
    std::uint16_t port = 0;
    Instant used;
    std::set<Endpoint> admitted;
  };

  [[nodiscard]] std::uint16_t choose_port(std::uint16_t inside, Random& random);
  [[nodiscard]] bool port_in_use(std::uint16_t port) const { return key_of_.contains(port); }

  IPv4Address outside_;
  NatOptions options_;
  std::uint16_t last_port_ = 1023;
  std::map<Key, Mapping> mappings_;
  std::map<std::uint16_t, Key> key_of_;
};

}  // namespace tsp::sim
