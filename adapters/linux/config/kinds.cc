// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/kinds.h"

#include <algorithm>
#include <charconv>

#include "core/base/seconds.h"
#include "core/wire/broker_address.h"
#include "core/wire/dns_name.h"
#include "core/wire/text.h"

namespace tsp::linux_ {
namespace {

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

// A kind whose values are written as strings that `parse` understands and `show` makes.
template <class T>
Kind<T> parsed(std::string expected, std::optional<T> (*parse)(std::string_view),
               std::string (*show)(const T&) = to_text) {
  return {std::move(expected),
          [parse](const TomlValue& value) -> std::optional<T> {
            const auto* given = std::get_if<std::string>(&value.value);
            return given != nullptr ? parse(*given) : std::nullopt;
          },
          [show](const T& value) { return quoted(show(value)); }};
}

std::optional<Endpoint> parse_ipv4_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv4(text.substr(0, colon));
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!address || error != std::errc{} || end != digits.data() + digits.size() || port == 0) return std::nullopt;
  return make_endpoint(*address, port);
}

// "192.0.2.53:53" or "[2001:db8::53]:53"
std::optional<Endpoint> parse_any_endpoint(std::string_view text) {
  if (!text.starts_with('[')) return parse_ipv4_endpoint(text);
  const auto bracket = text.find("]:");
  if (bracket == std::string_view::npos) return std::nullopt;
  const auto address = parse_ipv6(text.substr(1, bracket - 1));
  // The port is read as that of an IPv4 address is.
  const auto port = parse_ipv4_endpoint("0.0.0.0:" + std::string(text.substr(bracket + 2)));
  if (!address || is_mapped(*address) || !port) return std::nullopt;
  return Endpoint{.address = *address, .port = port->port};
}

}  // namespace

Kind<bool> boolean() {
  return {"true or false",
          [](const TomlValue& value) -> std::optional<bool> {
            const auto* given = std::get_if<bool>(&value.value);
            return given != nullptr ? std::optional(*given) : std::nullopt;
          },
          [](const bool& value) -> std::string { return value ? "true" : "false"; }};
}

Kind<std::int64_t> whole_number(std::int64_t min, std::int64_t max) {
  return {"a whole number from " + std::to_string(min) + " to " + std::to_string(max),
          [min, max](const TomlValue& value) -> std::optional<std::int64_t> {
            const auto* given = std::get_if<std::int64_t>(&value.value);
            if (given == nullptr || *given < min || *given > max) return std::nullopt;
            return *given;
          },
          [](const std::int64_t& value) { return std::to_string(value); }};
}

Kind<Duration> seconds(std::int64_t min, std::int64_t max) {
  const Kind<std::int64_t> number = whole_number(min, max);
  return {number.expected + " (seconds)",
          [number](const TomlValue& value) -> std::optional<Duration> {
            const auto given = number.read(value);
            return given ? std::optional<Duration>(std::chrono::seconds(*given)) : std::nullopt;
          },
          [](const Duration& value) { return std::to_string(whole_seconds(value)); }};
}

Kind<std::string> text(std::string expected, std::function<bool(std::string_view)> is_valid) {
  return {std::move(expected),
          [is_valid = std::move(is_valid)](const TomlValue& value) -> std::optional<std::string> {
            const auto* given = std::get_if<std::string>(&value.value);
            return given != nullptr && is_valid(*given) ? std::optional(*given) : std::nullopt;
          },
          [](const std::string& value) { return value.empty() ? value : quoted(value); }};
}

Kind<IPv6Address> ipv6_address() {
  return parsed<IPv6Address>("an IPv6 address", parse_ipv6);
}
Kind<IPv4Address> ipv4_address() {
  return parsed<IPv4Address>("an IPv4 address", parse_ipv4);
}
Kind<IPv6Address> any_address() {
  return parsed<IPv6Address>("an IPv4 or IPv6 address", parse_address, to_unmapped_text);
}
Kind<IPv6Prefix> ipv4_prefix() {
  return parsed<IPv6Prefix>("an IPv4 prefix such as \"100.64.0.0/16\", with no bit set beyond its length",
                            parse_ipv4_prefix);
}
Kind<IPv6Prefix> ipv6_prefix() {
  return parsed<IPv6Prefix>("an IPv6 prefix such as \"2001:db8::/48\", with no bit set beyond its length",
                            parse_prefix);
}
Kind<IPv6Prefix> any_prefix() {
  return parsed<IPv6Prefix>("an IPv6 or IPv4 prefix, with no bit set beyond its length", parse_any_prefix);
}
Kind<Endpoint> ipv4_endpoint() {
  return parsed<Endpoint>("an IPv4 address and port such as \"0.0.0.0:8080\"", parse_ipv4_endpoint);
}
Kind<Endpoint> listen_address() {
  return parsed<Endpoint>("an address and port such as \"0.0.0.0:3653\" or \"[::]:3653\"", parse_any_endpoint);
}
Kind<BrokerAddress> broker_address() {
  return parsed<BrokerAddress>(
      "an IPv4 or IPv6 address or a DNS name, with a port where it is not 3653, such as \"192.0.2.1\" or "
      "\"[2001:db8::1]:3654\"",
      wire::parse_broker_address);
}
Kind<Endpoint> server_address() {
  return parsed<Endpoint>("an address and port such as \"192.0.2.53:53\" or \"[2001:db8::53]:53\"", parse_any_endpoint);
}
// What needs no quotes anywhere, and fits into the names of the server's locks.
Kind<std::string> plain_name() {
  return text("1 to 32 letters, digits, '_' and '-'", [](std::string_view name) {
    return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, wire::is_word_character);
  });
}

Kind<std::string> dns_name() {
  return {"a DNS name such as \"example.net\"",
          [](const TomlValue& value) -> std::optional<std::string> {
            const auto* given = std::get_if<std::string>(&value.value);
            if (given == nullptr || !wire::valid_dns_name(*given)) return std::nullopt;
            return wire::canonical_name(*given);
          },
          [](const std::string& value) { return value.empty() ? value : quoted(value); }};
}

}  // namespace tsp::linux_
