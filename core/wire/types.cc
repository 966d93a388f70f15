// SPDX-License-Identifier: Apache-2.0
//
// Names of mechanisms and tunnel types.
#include "core/base/assert.h"
#include "core/wire/message.h"
#include "core/wire/text.h"

namespace tsp::wire {

std::string_view mechanism_name(AuthMechanism mechanism) {
  switch (mechanism) {
    case AuthMechanism::Anonymous:
      return "ANONYMOUS";
    case AuthMechanism::Plain:
      return "PLAIN";
    case AuthMechanism::DigestMd5:
      return "DIGEST-MD5";
  }
  assertion_failed("an AuthMechanism that is none", __FILE__, __LINE__);
}

std::optional<AuthMechanism> parse_mechanism(std::string_view name) {
  for (const auto mechanism : {AuthMechanism::Anonymous, AuthMechanism::Plain, AuthMechanism::DigestMd5}) {
    if (equal_ignoring_case(name, mechanism_name(mechanism))) return mechanism;
  }
  return std::nullopt;
}

std::string_view type_name(TunnelType type) {
  switch (type) {
    case TunnelType::V6UdpV4:
      return "v6udpv4";
    case TunnelType::V6V4:
      return "v6v4";
    case TunnelType::V4V6:
      return "v4v6";
  }
  assertion_failed("a TunnelType that is none", __FILE__, __LINE__);
}

std::string_view type_name(RequestedType type) {
  switch (type) {
    case RequestedType::V6V4:
      return "v6v4";
    case RequestedType::V6UdpV4:
      return "v6udpv4";
    case RequestedType::V6AnyV4:
      return "v6anyv4";
    case RequestedType::V4V6:
      return "v4v6";
  }
  assertion_failed("a RequestedType that is none", __FILE__, __LINE__);
}

std::optional<TunnelType> parse_tunnel_type(std::string_view name) {
  for (const auto type : {TunnelType::V6UdpV4, TunnelType::V6V4, TunnelType::V4V6}) {
    if (equal_ignoring_case(name, type_name(type))) return type;
  }
  return std::nullopt;
}

std::optional<RequestedType> parse_requested_type(std::string_view name) {
  for (const auto type : {RequestedType::V6V4, RequestedType::V6UdpV4, RequestedType::V6AnyV4, RequestedType::V4V6}) {
    if (equal_ignoring_case(name, type_name(type))) return type;
  }
  return std::nullopt;
}

}  // namespace tsp::wire
