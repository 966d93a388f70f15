// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/nat.h"

namespace tsp::sim {
namespace {

// As much of an endpoint as the scope tells apart.
Endpoint reduce(const Endpoint& remote, NatScope scope) {
  switch (scope) {
    case NatScope::EndpointIndependent:
      return {};
    case NatScope::AddressDependent:
      return {remote.address, 0};
    case NatScope::AddressAndPortDependent:
      break;
  }
  return remote;
}

}  // namespace

Endpoint Nat::map(const Endpoint& inside, const Endpoint& remote, Instant now, Random& random) {
  const Key key{inside, reduce(remote, options_.mapping)};
  const Endpoint admitted = reduce(remote, options_.filtering);
  const auto known = mappings_.find(key);
  if (known != mappings_.end()) {
    Mapping& mapping = known->second;
    if (now - mapping.used <= options_.idle_limit) {
      mapping.used = now;
      mapping.admitted.insert(admitted);
      return make_endpoint(outside_, mapping.port);
    }
    key_of_.erase(mapping.port);
    mappings_.erase(known);
  }
  const std::uint16_t port = choose_port(inside.port, random);
  mappings_.emplace(key, Mapping{.port = port, .used = now, .admitted = {admitted}});
  key_of_.emplace(port, key);
  return make_endpoint(outside_, port);
}

std::uint16_t Nat::choose_port(std::uint16_t inside, Random& random) {
  if (options_.ports == NatPorts::Preserved && !port_in_use(inside)) return inside;
  std::uint16_t port = 0;
  do {
    if (options_.ports == NatPorts::Sequential) {
      last_port_ = last_port_ == 65535 ? 1024 : static_cast<std::uint16_t>(last_port_ + 1);
      port = last_port_;
    } else {
      port = static_cast<std::uint16_t>(random.between(1024, 65535));
    }
  } while (port_in_use(port));
  return port;
}

std::optional<Endpoint> Nat::unmap(const Endpoint& outside, const Endpoint& remote, Instant now) {
  const auto found = key_of_.find(outside.port);
  if (found == key_of_.end()) return std::nullopt;
  Mapping& mapping = mappings_.at(found->second);
  if (now - mapping.used > options_.idle_limit) return std::nullopt;
  if (!mapping.admitted.contains(reduce(remote, options_.filtering))) return std::nullopt;
  if (options_.inbound_refreshes) mapping.used = now;
  return found->second.first;
}

void Nat::rebind() {
  mappings_.clear();
  key_of_.clear();
  if (options_.ports == NatPorts::Preserved) options_.ports = NatPorts::Random;
}

}  // namespace tsp::sim
