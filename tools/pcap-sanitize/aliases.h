// SPDX-License-Identifier: Apache-2.0
//
// What stands for what in a sanitised capture: the same alias wherever the same thing stood.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <tsp/address.h>

namespace tsp::sanitize {

class Aliases {
 public:
  // An address that brokers answer from; to be called before it is asked for.
  void add_broker(const IPv4Address& address);

  // Brokers: 198.51.100.0/24; private and shared addresses: 10.0.0.0/8; others: 192.0.2.0/24 and 203.0.113.0/24.
  // Unspecified, loopback, multicast and broadcast addresses stay.
  [[nodiscard]] IPv4Address of(const IPv4Address& address);
  // Link-local: fe80::N. Others keep the 16 bits behind their /48, which becomes one of 2001:db8::/32; an interface
  // identifier that is more than a small number becomes another one. Unspecified and loopback addresses stay, and
  // multicast ones, but for what solicited-node addresses tell of a host.
  [[nodiscard]] IPv6Address of(const IPv6Address& address);
  // Both kinds, as in Endpoint.
  [[nodiscard]] Endpoint of(const Endpoint& endpoint);

  [[nodiscard]] std::string login(std::string_view login);        // "user1" …
  [[nodiscard]] std::string password_of(std::string_view login);  // "password1" for the one that becomes "user1"
  [[nodiscard]] std::string name(std::string_view name);          // of a host: "name1.example" …

  // "account user1 password1" …
  [[nodiscard]] std::map<std::string, std::string> accounts() const;

 private:
  using Numbers = std::map<std::string, std::uint32_t, std::less<>>;

  [[nodiscard]] static std::uint32_t number(Numbers& numbers, std::string_view key);

  Numbers brokers_;
  Numbers private_hosts_;
  Numbers public_hosts_;
  Numbers link_locals_;
  Numbers sites_;
  Numbers interfaces_;
  Numbers logins_;
  Numbers names_;
};

}  // namespace tsp::sanitize
