// SPDX-License-Identifier: Apache-2.0
//
// IPv4 and IPv6 addresses, prefixes and endpoints as values in network byte order.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tsp {

struct IPv4Address {
  std::array<std::uint8_t, 4> octets{};

  friend auto operator<=>(const IPv4Address&, const IPv4Address&) = default;
};

struct IPv6Address {
  std::array<std::uint8_t, 16> octets{};

  friend bool operator==(const IPv6Address&, const IPv6Address&) = default;
  // The order of the octets, eight in one step: books are sorted by addresses, and a call of memcmp for each comparison
  // was a fifth of the time of a start with many tunnels.
  friend std::strong_ordering operator<=>(const IPv6Address& a, const IPv6Address& b) {
    const std::uint64_t half_of_a = a.half(0);
    const std::uint64_t half_of_b = b.half(0);
    return half_of_a != half_of_b ? half_of_a <=> half_of_b : a.half(8) <=> b.half(8);
  }

 private:
  [[nodiscard]] std::uint64_t half(std::size_t first) const {
    std::uint64_t number = 0;
    std::memcpy(&number, octets.data() + first, sizeof number);
    return std::endian::native == std::endian::little ? std::byteswap(number) : number;
  }
};

// `base` has no bit set beyond `length`; every function that makes one keeps that. Of IPv4 when it is mapped, see
// below.
struct IPv6Prefix {
  IPv6Address base;
  std::uint8_t length = 0;  // 0…128

  friend auto operator<=>(const IPv6Prefix&, const IPv6Prefix&) = default;

  [[nodiscard]] bool contains(const IPv6Address& address) const;
  [[nodiscard]] bool contains(const IPv6Prefix& other) const;
  [[nodiscard]] bool overlaps(const IPv6Prefix& other) const;
};

// IPv4 is kept as an IPv4-mapped IPv6 address (::ffff:a.b.c.d) wherever both may stand: as outer addresses, and as what
// is inside v4v6 tunnels. An IPv4 prefix of length n is a mapped one of length 96 + n then.
inline constexpr unsigned kMappedLength = 96;
[[nodiscard]] bool is_mapped(const IPv6Address& address);
[[nodiscard]] IPv6Address map_ipv4(const IPv4Address& address);
// Only for is_mapped().
[[nodiscard]] IPv4Address unmap(const IPv6Address& address);
[[nodiscard]] bool is_mapped(const IPv6Prefix& prefix);
// length: 0…32, of the IPv4 prefix. Clears the bits beyond it.
[[nodiscard]] IPv6Prefix map_ipv4(const IPv4Address& address, unsigned length);
// The length as it is written: of an IPv4 prefix 0…32.
[[nodiscard]] unsigned written_length(const IPv6Prefix& prefix);
// "::" or 0.0.0.0: stands for every address of its version.
[[nodiscard]] bool is_any(const IPv6Address& address);

// An outer address and UDP or TCP port. Port 0 means "any" or "has none".
struct Endpoint {
  IPv6Address address;
  std::uint16_t port = 0;  // host byte order

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;

  [[nodiscard]] bool is_ipv4() const;
  // Only for is_ipv4().
  [[nodiscard]] IPv4Address ipv4() const;
};

// Both ends of an outer conversation, seen from the broker.
struct FourTuple {
  Endpoint remote;
  Endpoint local;

  friend auto operator<=>(const FourTuple&, const FourTuple&) = default;
};

// A protocol without ports: both are 0.
[[nodiscard]] FourTuple without_ports(FourTuple path);
[[nodiscard]] Endpoint make_endpoint(const IPv4Address& address, std::uint16_t port);

// Clears the bits beyond `length` (0…128).
[[nodiscard]] IPv6Prefix make_prefix(const IPv6Address& address, unsigned length);
[[nodiscard]] IPv6Prefix host_prefix(const IPv6Address& address);

// Dotted quad only; four decimal numbers of one to three digits without signs or spaces.
[[nodiscard]] std::optional<IPv4Address> parse_ipv4(std::string_view text);
// Every legal text form of RFC 4291 section 2.2 (compressed, upper case, dotted tail), and "::" beside eight groups,
// which RFC 5572 has in its examples; no zone.
[[nodiscard]] std::optional<IPv6Address> parse_ipv6(std::string_view text);
// A dotted quad; the result is mapped.
[[nodiscard]] std::optional<IPv6Address> parse_mapped_ipv4(std::string_view text);
// Either version, as parse_mapped_ipv4 or parse_ipv6 reads it.
[[nodiscard]] std::optional<IPv6Address> parse_address(std::string_view text);
// "ADDRESS/LENGTH". Bits set beyond LENGTH are an error: nullopt.
[[nodiscard]] std::optional<IPv6Prefix> parse_prefix(std::string_view text);
// The same for IPv4; the result is mapped.
[[nodiscard]] std::optional<IPv6Prefix> parse_ipv4_prefix(std::string_view text);
// Of either family; IPv4 is mapped.
[[nodiscard]] std::optional<IPv6Prefix> parse_any_prefix(std::string_view text);

[[nodiscard]] std::string to_text(const IPv4Address& address);
// The canonical form of RFC 5952: what people read.
[[nodiscard]] std::string to_text(const IPv6Address& address);
// Where either may stand: IPv4 as a dotted quad, without the mapping.
[[nodiscard]] std::string to_unmapped_text(const IPv6Address& address);
// "2001:db8::/48", or "192.0.2.0/24" of a mapped one.
[[nodiscard]] std::string to_text(const IPv6Prefix& prefix);
// "192.0.2.1:3653" or "[2001:db8::1]:3653".
[[nodiscard]] std::string to_text(const Endpoint& endpoint);
// Eight groups of four digits, 39 characters: the only form that old clients cut up correctly.
[[nodiscard]] std::string to_full_text(const IPv6Address& address);

}  // namespace tsp

template <>
struct std::hash<tsp::IPv6Address> {
  std::size_t operator()(const tsp::IPv6Address& a) const noexcept {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, a.octets.data(), sizeof high);
    std::memcpy(&low, a.octets.data() + 8, sizeof low);
    std::uint64_t h = high ^ (low * 0x9E3779B97F4A7C15ULL);
    // Neighbours differ only in the last octets, which are the highest bits of `low` on a little-endian machine.
    h = (h ^ (h >> 32)) * 0xBF58476D1CE4E5B9ULL;
    return static_cast<std::size_t>(h ^ (h >> 32));
  }
};

template <>
struct std::hash<tsp::FourTuple> {
  std::size_t operator()(const tsp::FourTuple& t) const noexcept {
    const std::hash<tsp::IPv6Address> of_address;
    const std::uint64_t ports = (std::uint64_t{t.remote.port} << 16) | t.local.port;
    std::uint64_t h = of_address(t.remote.address) * 31 + of_address(t.local.address);
    h = (h + ports) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::size_t>(h ^ (h >> 32));
  }
};
