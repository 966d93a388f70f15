// SPDX-License-Identifier: Apache-2.0
#include "core/wire/broker_address.h"

#include <algorithm>
#include <string>

#include "core/base/decimal.h"
#include "core/wire/dns_name.h"
#include "core/wire/text.h"

namespace tsp::wire {
namespace {

bool is_host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  const std::string_view last_label = text.substr(text.rfind('.') + 1);
  return valid_dns_name(text) && last_label.find_first_not_of(kDigits) != std::string_view::npos;
}

std::optional<BrokerAddress> with_port(std::string_view host, bool bracketed, std::uint16_t port) {
  if (const auto ipv6 = parse_ipv6(host)) return bracketed ? std::optional(BrokerAddress(*ipv6, port)) : std::nullopt;
  if (bracketed) return std::nullopt;
  if (const auto ipv4 = parse_ipv4(host)) return BrokerAddress(*ipv4, port);
  return is_host_name(host) ? std::optional(BrokerAddress(std::string(host), port)) : std::nullopt;
}

}  // namespace

bool valid_region(std::string_view region) {
  return region.size() <= kRegionSizeMax &&
         std::ranges::all_of(region, [](char c) { return is_word_character(c) || c == '.'; });
}

std::optional<BrokerAddress> parse_broker_address(std::string_view text) {
  if (const auto ipv6 = parse_ipv6(text)) return BrokerAddress(*ipv6);
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const bool bracketed = bracket != std::string_view::npos;
  const std::size_t colon = bracketed ? bracket + 1 : text.find(':');
  const std::string_view host = bracketed ? text.substr(1, bracket - 1) : text.substr(0, colon);
  if (colon >= text.size()) return with_port(host, bracketed, kTspPort);
  if (text[colon] != ':') return std::nullopt;
  const auto port = parse_decimal(text.substr(colon + 1), UINT16_MAX).value_or(0);
  return port == 0 ? std::nullopt : with_port(host, bracketed, static_cast<std::uint16_t>(port));
}

}  // namespace tsp::wire
