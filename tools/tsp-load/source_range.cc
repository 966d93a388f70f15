// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/source_range.h"

#include <charconv>
#include <cstdint>

namespace tsp::load {
namespace {

constexpr std::uint32_t kHostsOfNetwork = 254;  // of a /24

std::uint32_t to_number(const IPv4Address& address) {
  std::uint32_t number = 0;
  for (const std::uint8_t octet : address.octets) number = number << 8 | octet;
  return number;
}

IPv4Address to_address(std::uint32_t number) {
  const auto octet = [number](unsigned shift) { return static_cast<std::uint8_t>(number >> shift); };
  return {{octet(24), octet(16), octet(8), octet(0)}};
}

std::optional<unsigned> parse_length(std::string_view text) {
  unsigned length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size() || length > 32) return std::nullopt;
  return length;
}

}  // namespace

std::optional<SourceRange> parse_source_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_ipv4(text.substr(0, slash));
  const auto length = slash == std::string_view::npos ? 32 : parse_length(text.substr(slash + 1));
  if (!base || !length) return std::nullopt;
  const std::uint64_t beyond = (std::uint64_t{1} << (32 - *length)) - 1;
  if ((to_number(*base) & beyond) != 0) return std::nullopt;
  return SourceRange{.base = *base, .length = *length};
}

IPv4Address source_address(const SourceRange& range, std::size_t number) {
  const std::uint32_t base = to_number(range.base);
  if (range.length >= 31) return to_address(base + static_cast<std::uint32_t>(number % (1U << (32 - range.length))));
  if (range.length > 24) {
    const std::size_t hosts = (1U << (32 - range.length)) - 2;
    return to_address(base + 1 + static_cast<std::uint32_t>(number % hosts));
  }
  const std::size_t networks = std::size_t{1} << (24 - range.length);
  const auto network = static_cast<std::uint32_t>(number % networks);
  const auto host = static_cast<std::uint32_t>(number / networks % kHostsOfNetwork);
  return to_address(base + (network << 8) + 1 + host);
}

}  // namespace tsp::load
