// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

#include <tsp/address.h>

namespace tsp {

inline constexpr std::uint16_t kTspPort = 3653;

// Where clients are sent to a broker: an address or a DNS name, and a port, which is mostly the usual one.
struct BrokerAddress {
  using Host = std::variant<IPv4Address, IPv6Address, std::string>;

  BrokerAddress() = default;
  BrokerAddress(IPv4Address address, std::uint16_t at = kTspPort) : host(address), port(at) {}
  BrokerAddress(const IPv6Address& address, std::uint16_t at = kTspPort) : host(address), port(at) {}
  BrokerAddress(std::string name, std::uint16_t at = kTspPort) : host(std::move(name)), port(at) {}

  Host host{};
  std::uint16_t port = kTspPort;

  friend bool operator==(const BrokerAddress&, const BrokerAddress&) = default;
};

// "192.0.2.1", "2001:db8::1" or "ts1.example.net"; with another port than the usual one "192.0.2.1:3654" or
// "[2001:db8::1]:3654". wire/broker_address.h reads it back.
[[nodiscard]] std::string to_text(const BrokerAddress& address);

}  // namespace tsp
