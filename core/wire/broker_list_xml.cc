// SPDX-License-Identifier: Apache-2.0
#include "core/base/decimal.h"
#include "core/wire/broker_address.h"
#include "core/wire/dns_name.h"
#include "core/wire/reply_xml.h"
#include "core/wire/text.h"
#include "core/wire/xml.h"

namespace tsp::wire {

namespace {

constexpr std::size_t kBrokersMax = 50;

// "name" or "name:port", or an address with a port: there is no other place for a port.
bool is_name_with_port(std::string_view text) {
  if (text.starts_with('[')) return parse_broker_address(text).has_value();
  const std::size_t colon = text.find(':');
  if (!valid_dns_name(text.substr(0, colon))) return false;
  return colon == std::string_view::npos || parse_decimal(text.substr(colon + 1), UINT16_MAX).value_or(0) != 0;
}

std::optional<std::string> read_broker_address(const pugi::xml_node& address) {
  const std::string_view type = address.attribute("type").value();
  std::string text = text_of(address);
  if (equal_ignoring_case(type, "ipv6")) {
    const auto ipv6 = parse_ipv6(text);
    return ipv6 ? std::optional("[" + to_text(*ipv6) + "]") : std::nullopt;
  }
  const bool usable = equal_ignoring_case(type, "ipv4") ? parse_ipv4(text).has_value()
                                                        : equal_ignoring_case(type, "dn") && is_name_with_port(text);
  return usable ? std::optional(std::move(text)) : std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> read_brokers(const pugi::xml_node& tunnel) {
  std::vector<std::string> brokers;
  for (const pugi::xml_node& broker : tunnel.children("broker")) {
    for (const pugi::xml_node& address : broker.children("address")) {
      auto text = read_broker_address(address);
      if (!text) continue;
      if (brokers.size() == kBrokersMax) return std::nullopt;
      brokers.push_back(*std::move(text));
    }
  }
  if (brokers.empty()) return std::nullopt;
  return brokers;
}

}  // namespace tsp::wire
