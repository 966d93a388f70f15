// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-sanitize/aliases.h"

#include <algorithm>
#include <array>

#include "core/base/assert.h"

namespace tsp::sanitize {
namespace {

constexpr std::size_t kSiteBytes = 6;          // a /48
constexpr std::size_t kInterfaceAt = 8;        // the identifier of an interface, 8 bytes
constexpr std::size_t kSmallInterfaceAt = 12;  // what a small number leaves of it
constexpr std::uint32_t kHostsMax = 254;
constexpr std::uint32_t kSitesMax = 0xFFFF;

template <class Address>
std::string_view key_of(const Address& address) {
  return {reinterpret_cast<const char*>(address.octets.data()), address.octets.size()};
}

std::uint8_t low(std::uint32_t number) {
  return static_cast<std::uint8_t>(number);
}

bool stays(const IPv4Address& address) {
  const std::uint8_t first = address.octets[0];
  return first == 0 || first == 127 || first >= 224;
}

bool is_private(const IPv4Address& address) {
  const auto& [a, b, c, d] = address.octets;
  return a == 10 || (a == 172 && b / 16 == 1) || (a == 192 && b == 168) || (a == 100 && b / 64 == 1) ||
         (a == 169 && b == 254);
}

bool is_zero(const IPv6Address& address, std::size_t begin, std::size_t end) {
  return std::all_of(address.octets.begin() + static_cast<std::ptrdiff_t>(begin),
                     address.octets.begin() + static_cast<std::ptrdiff_t>(end),
                     [](std::uint8_t octet) { return octet == 0; });
}

bool is_link_local(const IPv6Address& address) {
  return address.octets[0] == 0xFE && (address.octets[1] & 0xC0) == 0x80;
}

IPv6Address without_host(IPv6Address multicast) {
  const auto solicited_nodes = *parse_prefix("ff02::1:ff00:0/104");
  return solicited_nodes.contains(multicast) ? solicited_nodes.base : multicast;
}

}  // namespace

std::uint32_t Aliases::number(Numbers& numbers, std::string_view key) {
  return numbers.emplace(std::string(key), static_cast<std::uint32_t>(numbers.size() + 1)).first->second;
}

void Aliases::add_broker(const IPv4Address& address) {
  static_cast<void>(number(brokers_, key_of(address)));
}

IPv4Address Aliases::of(const IPv4Address& address) {
  if (stays(address)) return address;
  if (brokers_.contains(key_of(address))) {
    const std::uint32_t broker = number(brokers_, key_of(address));
    TSP_ASSERT(broker <= kHostsMax);
    return {{198, 51, 100, low(broker)}};
  }
  if (is_private(address)) {
    const std::uint32_t host = number(private_hosts_, key_of(address));
    return {{10, low(host >> 16), low(host >> 8), low(host)}};
  }
  const std::uint32_t host = number(public_hosts_, key_of(address));
  TSP_ASSERT(host <= 2 * kHostsMax);
  if (host <= kHostsMax) return {{192, 0, 2, low(host)}};
  return {{203, 0, 113, low(host - kHostsMax)}};
}

IPv6Address Aliases::of(const IPv6Address& address) {
  if (is_zero(address, 0, 15)) return address;
  if (address.octets[0] == 0xFF) return without_host(address);
  IPv6Address alias{};
  if (is_link_local(address)) {
    const std::uint32_t host = number(link_locals_, key_of(address));
    alias.octets = {0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, low(host >> 8), low(host)};
    return alias;
  }
  alias.octets = address.octets;
  const std::uint32_t site = number(sites_, key_of(address).substr(0, kSiteBytes));
  TSP_ASSERT(site <= kSitesMax);
  const std::array<std::uint8_t, kSiteBytes> documentation{0x20, 0x01, 0x0D, 0xB8, low(site >> 8), low(site)};
  std::ranges::copy(documentation, alias.octets.begin());
  if (!is_zero(address, kInterfaceAt, kSmallInterfaceAt)) {
    const std::uint32_t interface = number(interfaces_, key_of(address).substr(kInterfaceAt));
    std::fill(alias.octets.begin() + kInterfaceAt, alias.octets.end(), std::uint8_t{0});
    alias.octets[kInterfaceAt] = 0xFE;
    alias.octets[14] = low(interface >> 8);
    alias.octets[15] = low(interface);
  }
  return alias;
}

Endpoint Aliases::of(const Endpoint& endpoint) {
  const IPv6Address address = endpoint.is_ipv4() ? map_ipv4(of(endpoint.ipv4())) : of(endpoint.address);
  return {address, endpoint.port};
}

std::string Aliases::login(std::string_view login) {
  return "user" + std::to_string(number(logins_, login));
}

std::string Aliases::password_of(std::string_view login) {
  return "password" + std::to_string(number(logins_, login));
}

std::string Aliases::name(std::string_view name) {
  return "name" + std::to_string(number(names_, name)) + ".example";
}

std::map<std::string, std::string> Aliases::accounts() const {
  std::map<std::string, std::string> all;
  for (const auto& [login, number] : logins_) {
    all.emplace("user" + std::to_string(number), "password" + std::to_string(number));
  }
  return all;
}

}  // namespace tsp::sanitize
