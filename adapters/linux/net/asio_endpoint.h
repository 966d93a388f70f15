// SPDX-License-Identifier: Apache-2.0
//
// Endpoints as Asio has them.
#pragma once

#include <asio/ip/tcp.hpp>

#include <tsp/address.h>

namespace tsp::linux_ {

[[nodiscard]] inline asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
  if (endpoint.is_ipv4()) return {asio::ip::address_v4(endpoint.ipv4().octets), endpoint.port};
  return {asio::ip::address_v6(endpoint.address.octets), endpoint.port};
}

[[nodiscard]] inline Endpoint from_asio(const asio::ip::address& address, std::uint16_t port) {
  if (address.is_v6()) return {IPv6Address{address.to_v6().to_bytes()}, port};
  return make_endpoint(IPv4Address{address.to_v4().to_bytes()}, port);
}

[[nodiscard]] inline Endpoint from_asio(const asio::ip::tcp::endpoint& endpoint) {
  return from_asio(endpoint.address(), endpoint.port());
}

}  // namespace tsp::linux_
