// SPDX-License-Identifier: Apache-2.0
//
// Lines of the VERSION and AUTHENTICATE phases.
#include <algorithm>
#include <array>

#include "core/base/decimal.h"
#include "core/wire/message.h"
#include "core/wire/text.h"

namespace tsp::wire {

namespace {

constexpr std::string_view kVersionKey = "VERSION=";
constexpr std::string_view kAuthenticate = "AUTHENTICATE";
constexpr std::string_view kCapability = "CAPABILITY";
constexpr std::string_view kTunnelKey = "TUNNEL=";
constexpr std::string_view kAuthKey = "AUTH=";

// "2.0.1": two to four numbers; those not given are 0.
using VersionNumbers = std::array<std::uint32_t, 4>;

std::optional<VersionNumbers> parse_numbers(std::string_view version) {
  VersionNumbers numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const std::size_t dot = version.find('.');
    const auto number = parse_decimal(version.substr(0, dot), UINT16_MAX);
    if (!number) return std::nullopt;
    numbers[i] = *number;
    if (dot == std::string_view::npos) return i > 0 ? std::optional(numbers) : std::nullopt;
    version.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

// Takes the next token from `line`; empty at its end.
std::string_view next_token(std::string_view& line) {
  line = skip_leading(line, kBlanks);
  const std::string_view token = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(token.size());
  return token;
}

template <class T>
void add_once(std::vector<T>& values, std::optional<T> value) {
  if (value && std::ranges::find(values, *value) == values.end()) values.push_back(*value);
}

}  // namespace

std::optional<std::string_view> parse_version(std::string_view message) {
  if (!message.starts_with(kVersionKey)) return std::nullopt;
  message.remove_prefix(kVersionKey.size());
  return message.substr(0, message.find_first_of(kFiller));
}

bool version_supported(std::string_view version) {
  const auto numbers = parse_numbers(version);
  return numbers && numbers->front() == 2;
}

bool version_has_bug_1455(std::string_view version) {
  const auto numbers = parse_numbers(version);
  return numbers && *numbers <= VersionNumbers{2, 0, 0, 0};
}

bool is_echo_request(std::string_view message) {
  return skip_trailing(message, "\0\r\n"sv) == "ECHO REQUEST";
}

std::optional<std::string> parse_authenticate(std::string_view message) {
  if (!starts_with_ignoring_case(message, kAuthenticate)) return std::nullopt;
  message.remove_prefix(kAuthenticate.size());
  const std::string_view rest = skip_leading(message, kBlanks);
  if (rest.size() == message.size()) return std::nullopt;
  const auto end = std::ranges::find_if_not(rest, is_word_character);
  if (end == rest.begin()) return std::nullopt;
  return to_upper(std::string_view(rest.begin(), end));
}

std::string capability_line(const Capabilities& capabilities) {
  std::string line(kCapability);
  for (const TunnelType type : capabilities.types) {
    line += ' ';
    line += kTunnelKey;
    line += to_upper(type_name(type));
  }
  for (const AuthMechanism mechanism : capabilities.mechanisms) {
    line += ' ';
    line += kAuthKey;
    line += mechanism_name(mechanism);
  }
  line += "\r\n";
  return line;
}

std::optional<Capabilities> parse_capability(std::string_view message) {
  std::string_view line = message.substr(0, message.find_first_of("\0\r\n"sv));
  if (!equal_ignoring_case(next_token(line), kCapability)) return std::nullopt;
  Capabilities capabilities;
  for (std::string_view token = next_token(line); !token.empty(); token = next_token(line)) {
    if (starts_with_ignoring_case(token, kTunnelKey)) {
      add_once(capabilities.types, parse_tunnel_type(token.substr(kTunnelKey.size())));
    } else if (starts_with_ignoring_case(token, kAuthKey)) {
      add_once(capabilities.mechanisms, parse_mechanism(token.substr(kAuthKey.size())));
    }
  }
  return capabilities;
}

}  // namespace tsp::wire
