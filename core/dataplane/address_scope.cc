// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/address_scope.h"

#include <algorithm>
#include <array>

namespace tsp::dataplane {
namespace {

struct IPv4Prefix {
  std::uint32_t base;
  unsigned length;
};

// Not global: private, reserved, documentation, multicast (RFC 6890).
constexpr std::array<IPv4Prefix, 14> kNotGlobal{{
    {0x00000000, 8},   // 0.0.0.0/8
    {0x0A000000, 8},   // 10.0.0.0/8
    {0x64400000, 10},  // 100.64.0.0/10
    {0x7F000000, 8},   // 127.0.0.0/8
    {0xA9FE0000, 16},  // 169.254.0.0/16
    {0xAC100000, 12},  // 172.16.0.0/12
    {0xC0000000, 24},  // 192.0.0.0/24
    {0xC0000200, 24},  // 192.0.2.0/24
    {0xC0586300, 24},  // 192.88.99.0/24
    {0xC0A80000, 16},  // 192.168.0.0/16
    {0xC6120000, 15},  // 198.18.0.0/15
    {0xC6336400, 24},  // 198.51.100.0/24
    {0xCB007100, 24},  // 203.0.113.0/24
    {0xE0000000, 3},   // 224.0.0.0/4 and 240.0.0.0/4
}};

constexpr IPv6Prefix kGlobalUnicast{{{0x20}}, 3};  // all that IANA has given to the Internet, but for:
constexpr std::array kNotGlobalIPv6{
    IPv6Prefix{{{0x20, 0x01, 0x00, 0x00}}, 23},  // IETF protocol assignments: Teredo, benchmarking, ORCHID
    IPv6Prefix{{{0x20, 0x01, 0x0d, 0xb8}}, 32},  // documentation
    IPv6Prefix{{{0x20, 0x02}}, 16},              // 6to4
    IPv6Prefix{{{0x3f, 0xff}}, 20},              // documentation
};

// Of addresses below 100::/8, where the kinds that hold an IPv4 address lie.
AddressScope scope_of_low(const IPv6Address& address) {
  const auto& o = address.octets;
  const auto is_zero = [](std::uint8_t octet) { return octet == 0; };
  if (!std::all_of(o.begin(), o.begin() + 10, is_zero)) return AddressScope::Routable;
  if (std::all_of(o.begin() + 10, o.end(), is_zero)) return AddressScope::Unspecified;
  const bool compatible = o[10] == 0 && o[11] == 0;  // ::/96, with ::1 in it
  const bool mapped = o[10] == 0xFF && o[11] == 0xFF;
  return compatible || mapped ? AddressScope::Invalid : AddressScope::Routable;
}

AddressScope scope_of_6to4(const IPv6Address& address, const Endpoint& own) {
  const IPv4Address embedded{{address.octets[2], address.octets[3], address.octets[4], address.octets[5]}};
  const bool is_own = own.is_ipv4() && own.ipv4() == embedded;
  return is_global(embedded) && !is_own ? AddressScope::Routable : AddressScope::Invalid;
}

AddressScope scope_of_unicast_fe(const IPv6Address& address) {
  switch (address.octets[1] & 0xC0) {
    case 0x80:
      return AddressScope::LinkLocal;
    case 0xC0:
      return AddressScope::Invalid;  // fec0::/10, site-local
    default:
      return AddressScope::Routable;
  }
}

}  // namespace

bool is_global(const IPv4Address& address) {
  std::uint32_t value = 0;
  for (const std::uint8_t octet : address.octets) value = value << 8 | octet;
  return std::none_of(kNotGlobal.begin(), kNotGlobal.end(),
                      [value](const IPv4Prefix& prefix) { return (value ^ prefix.base) >> (32 - prefix.length) == 0; });
}

bool is_global(const IPv6Address& address) {
  if (is_mapped(address)) return is_global(unmap(address));
  return kGlobalUnicast.contains(address) &&
         std::ranges::none_of(kNotGlobalIPv6, [&](const IPv6Prefix& prefix) { return prefix.contains(address); });
}

bool is_unicast(const IPv4Address& address) {
  const std::uint8_t first = address.octets[0];
  return first != 0 && first != 127 && first < 224;
}

AddressScope scope_of(const IPv6Address& address, const Endpoint& own) {
  switch (address.octets[0]) {
    case 0x00:
      return scope_of_low(address);
    case 0x20:
      return address.octets[1] == 0x02 ? scope_of_6to4(address, own) : AddressScope::Routable;
    case 0xFE:
      return scope_of_unicast_fe(address);
    case 0xFF:
      // Scope 0 is reserved and treated like interface-local (RFC 7346).
      return (address.octets[1] & 0x0F) <= 2 ? AddressScope::LinkMulticast : AddressScope::Multicast;
    default:
      return AddressScope::Routable;
  }
}

AddressScope scope_of(const IPv4Address& address) {
  const auto& o = address.octets;
  if (address == IPv4Address{}) return AddressScope::Unspecified;
  if (o[0] == 169 && o[1] == 254) return AddressScope::LinkLocal;
  if (o[0] == 224 && o[1] == 0 && o[2] == 0) return AddressScope::LinkMulticast;
  if (o[0] >> 4 == 0xE) return AddressScope::Multicast;
  if (address == IPv4Address{{255, 255, 255, 255}}) return AddressScope::LinkMulticast;
  return is_unicast(address) ? AddressScope::Routable : AddressScope::Invalid;
}

bool is_link_scope(AddressScope scope) {
  return scope == AddressScope::LinkLocal || scope == AddressScope::LinkMulticast;
}

}  // namespace tsp::dataplane
