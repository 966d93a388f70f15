// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/client_facts.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "adapters/linux/control/api_fields.h"
#include "core/wire/broker_address.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

std::optional<TunnelType> parse_type(std::string_view name) {
  if (name == "v6udpv4") return TunnelType::V6UdpV4;
  if (name == "v6v4") return TunnelType::V6V4;
  if (name == "v4v6") return TunnelType::V4V6;
  return std::nullopt;
}

// "192.0.2.1:3653" or "[2001:db8::1]:3653"; the port is 0 where a tunnel has none.
std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = linux_::parse_number(text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  if (const auto address = parse_ipv4(host)) return make_endpoint(*address, static_cast<std::uint16_t>(*port));
  if (!host.starts_with('[') || !host.ends_with(']')) return std::nullopt;
  const auto address = parse_ipv6(host.substr(1, host.size() - 2));
  if (!address) return std::nullopt;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

// Reads members of one object, and remembers the first that is not as it should be.
class Members {
 public:
  Members(const json& object, std::string what) : object_(object), what_(std::move(what)) {}

  std::string text(const char* name) {
    const json value = member(name);
    if (value.is_string()) return value.get<std::string>();
    note(name);
    return {};
  }

  std::uint32_t number(const char* name) {
    const json value = member(name);
    const std::uint64_t number =
        value.is_number_unsigned() ? value.get<std::uint64_t>() : std::numeric_limits<std::uint64_t>::max();
    if (number <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(number);
    note(name);
    return 0;
  }

  // Zeros if there is none.
  template <class Parse>
  auto parsed(const char* name, Parse parse) {
    const auto value = parse(text(name));
    if (!value) note(name);
    return value ? *value : typename decltype(value)::value_type{};
  }

  template <class Parse>
  std::optional<IPv6Prefix> prefix_or_null(const char* name, Parse parse) {
    if (member(name).is_null()) return std::nullopt;
    return parsed(name, parse);
  }

  // An account holds one; a list may be empty.
  std::optional<IPv6Prefix> first_prefix(const char* name) {
    const json list = member(name);
    if (list.is_array() && list.empty()) return std::nullopt;
    const json first = list.is_array() ? list.front() : json();
    const auto prefix = first.is_string() ? parse_prefix(first.get<std::string>()) : std::nullopt;
    if (!prefix) note(name);
    return prefix;
  }

  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }

 private:
  [[nodiscard]] json member(const char* name) const {
    return object_.is_object() ? object_.value(name, json()) : json();
  }
  void note(const char* name) {
    if (!fault_) fault_ = "tspd's answer has no " + std::string(name) + " of the " + what_ + " that can be read";
  }

  const json& object_;
  std::string what_;
  std::optional<std::string> fault_;
};

// How likely it is that a tunnel at `local` is of a client that has called the broker there; 0: it is not possible.
int likelihood(const BrokerAddress& place, const IPv6Address& local) {
  if (std::holds_alternative<std::string>(place.host)) return 1;
  const auto* ipv4 = std::get_if<IPv4Address>(&place.host);
  const IPv6Address address = ipv4 != nullptr ? map_ipv4(*ipv4) : std::get<IPv6Address>(place.host);
  if (is_mapped(address) != is_mapped(local)) return 0;
  if (address == local) return 4;
  return is_any(address) ? 3 : 2;
}

}  // namespace

std::optional<std::uint16_t> signalling_port(const json& places, const IPv6Address& local) {
  std::optional<std::uint16_t> port;
  int best = 0;
  for (const json& place : places) {
    const auto address = place.is_string() ? wire::parse_broker_address(place.get<std::string>()) : std::nullopt;
    const int likely = address ? likelihood(*address, local) : 0;
    if (likely <= best) continue;
    best = likely;
    port = address->port;
  }
  return port;
}

std::expected<linux_::ClientFacts, std::string> client_facts(const json& account, const json& tunnel) {
  Members of_account(account, "account");
  linux_::ClientFacts facts{.login = of_account.text("login"), .held_prefix = of_account.first_prefix("prefixes")};
  if (of_account.fault()) return std::unexpected(*of_account.fault());
  if (tunnel.is_null()) return facts;
  Members of_tunnel(tunnel, "tunnel");
  const TunnelType type = of_tunnel.parsed("type", parse_type);
  const auto parse_inner = carries_ipv4(type) ? parse_mapped_ipv4 : parse_ipv6;
  const auto parse_inner_prefix = carries_ipv4(type) ? parse_ipv4_prefix : parse_prefix;
  facts.tunnel = linux_::LiveTunnelFacts{.type = type,
                                         .remote = of_tunnel.parsed("remote", parse_endpoint),
                                         .local = of_tunnel.parsed("local", parse_endpoint),
                                         .client_inner = of_tunnel.parsed("inner", parse_inner),
                                         .server_inner = of_tunnel.parsed("server_address", parse_inner),
                                         .delegated = of_tunnel.prefix_or_null("delegated", parse_inner_prefix),
                                         .mtu = of_tunnel.number("mtu"),
                                         .keepalive_seconds = of_tunnel.number("keepalive_seconds")};
  if (of_tunnel.fault()) return std::unexpected(*of_tunnel.fault());
  return facts;
}

}  // namespace tsp::tspctl
