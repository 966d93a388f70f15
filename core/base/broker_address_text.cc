// SPDX-License-Identifier: Apache-2.0
#include <tsp/broker_address.h>

namespace tsp {
namespace {

std::string host_text(const BrokerAddress& address) {
  if (const auto* ipv4 = std::get_if<IPv4Address>(&address.host)) return to_text(*ipv4);
  if (const auto* ipv6 = std::get_if<IPv6Address>(&address.host)) return to_text(*ipv6);
  return std::get<std::string>(address.host);
}

}  // namespace

std::string to_text(const BrokerAddress& address) {
  std::string host = host_text(address);
  if (address.port == kTspPort) return host;
  const bool bracketed = std::holds_alternative<IPv6Address>(address.host);
  return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(address.port);
}

}  // namespace tsp
