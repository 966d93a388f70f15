// SPDX-License-Identifier: Apache-2.0
#include "core/client/server_name.h"

#include <algorithm>
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

}  // namespace tsp::client
