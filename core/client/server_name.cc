// SPDX-License-Identifier: Apache-2.0
#include "core/client/server_name.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/wire/text.h"

namespace tsp::client {
namespace {

constexpr std::size_t kHostSizeMax = 253;

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<ServerName> with_port(std::string host, std::string_view rest) {
  if (rest.empty()) return ServerName{std::move(host), kTspPort};
  if (rest.front() != ':') return std::nullopt;
  const auto port = parse_port(rest.substr(1));
  if (!port) return std::nullopt;
  return ServerName{std::move(host), *port};
}

struct Block {
  std::array<std::uint8_t, 4> base;
  unsigned length;
};

constexpr std::array kNotGlobal{
    Block{{0, 0, 0, 0}, 8},      Block{{10, 0, 0, 0}, 8},     Block{{100, 64, 0, 0}, 10}, Block{{127, 0, 0, 0}, 8},
    Block{{169, 254, 0, 0}, 16}, Block{{172, 16, 0, 0}, 12},  Block{{192, 0, 0, 0}, 24},  Block{{192, 0, 2, 0}, 24},
    Block{{192, 88, 99, 0}, 24}, Block{{192, 168, 0, 0}, 16}, Block{{198, 18, 0, 0}, 15}, Block{{198, 51, 100, 0}, 24},
    Block{{203, 0, 113, 0}, 24}, Block{{224, 0, 0, 0}, 3},
};

constexpr IPv6Prefix kGlobalUnicast{{{0x20}}, 3};  // all that IANA has given to the Internet, but for:
constexpr std::array kNotGlobalIPv6{
    IPv6Prefix{{{0x20, 0x01, 0x00, 0x00}}, 23},  // IETF protocol assignments: Teredo, benchmarking, ORCHID
    IPv6Prefix{{{0x20, 0x01, 0x0d, 0xb8}}, 32},  // documentation
    IPv6Prefix{{{0x20, 0x02}}, 16},              // 6to4
    IPv6Prefix{{{0x3f, 0xff}}, 20},              // documentation
};

std::uint32_t as_number(const std::array<std::uint8_t, 4>& octets) {
  return std::uint32_t{octets[0]} << 24 | std::uint32_t{octets[1]} << 16 | std::uint32_t{octets[2]} << 8 | octets[3];
}

}  // namespace

std::optional<ServerName> parse_server_name(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    const std::string host = wire::to_lower(text.substr(1, close - 1));
    if (!parse_ipv6(host)) return std::nullopt;
    return with_port(host, text.substr(close + 1));
  }
  if (parse_ipv6(text)) return ServerName{wire::to_lower(text), kTspPort};
  const std::size_t colon = std::min(text.find(':'), text.size());
  std::string host = wire::to_lower(text.substr(0, colon));
  if (host.empty() || host.size() > kHostSizeMax || !std::ranges::all_of(host, is_host_character)) return std::nullopt;
  return with_port(std::move(host), text.substr(colon));
}

std::optional<IPv6Address> literal_address(const ServerName& server) {
  return parse_address(server.host);
}

std::string to_text(const ServerName& server) {
  const bool is_ipv6 = server.host.find(':') != std::string::npos;
  std::string text = is_ipv6 ? "[" + server.host + "]" : server.host;
  if (server.port != kTspPort) text += ":" + std::to_string(server.port);
  return text;
}

bool is_global(const IPv4Address& address) {
  const std::uint32_t value = as_number(address.octets);
  return std::ranges::none_of(kNotGlobal, [value](const Block& block) {
    return ((value ^ as_number(block.base)) >> (32 - block.length)) == 0;
  });
}

bool is_global(const IPv6Address& address) {
  if (is_mapped(address)) return is_global(unmap(address));
  return kGlobalUnicast.contains(address) &&
         std::ranges::none_of(kNotGlobalIPv6, [&](const IPv6Prefix& prefix) { return prefix.contains(address); });
}

}  // namespace tsp::client
