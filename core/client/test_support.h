// SPDX-License-Identifier: Apache-2.0
//
// What the client's tests share: a server's literal words, and shorthands.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/client/config.h"
#include "core/client/messages.h"
#include "core/dataplane/packet_test_makers.h"
#include "core/wire/udp_header.h"

namespace tsp::client::testing {

inline constexpr Instant kStart{std::chrono::seconds(1000)};

inline constexpr std::string_view kCapability =
    "CAPABILITY TUNNEL=V6V4 TUNNEL=V6UDPV4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n";
inline constexpr std::string_view kIPv4Capability =
    "CAPABILITY TUNNEL=V4V6 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n";
inline constexpr std::string_view kSuccess = "200 Success\r\n";

// The exchange of alice with password "secret" at tb.example.net, cnonce "1700000000".
inline constexpr std::string_view kChallenge =
    "cmVhbG09InRiLmV4YW1wbGUubmV0Iixub25jZT0iNWYxZDdjMGE5YmUyNDM4NmExYzRkMmYwOWU4YjczNjEiLHFvcD0iYXV0aCIsYWxnb3JpdGht"
    "PW1kNS1zZXNzLGNoYXJzZXQ9dXRmLTg=\r\n";
inline constexpr std::string_view kRspauth = "cnNwYXV0aD0xN2E2MGUzMjkzN2IxYjYxNDQ5YWU5ZWYzNTU5ZTE4YQ==";

inline std::string frame(std::string_view body) {
  return "Content-length: " + std::to_string(body.size()) + "\r\n" + std::string(body);
}

// A whole offer as servers write it. `router` and `keepalive` are XML to be put in.
struct OfferText {
  std::string type = "v6udpv4";
  std::string client = "2001:0db8:0000:0100:0000:0000:0000:0002";
  std::string router;
  std::string keepalive =
      "<keepalive interval=\"20\"><address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0001</address></keepalive>";
  std::string lifetime = "1440";

  [[nodiscard]] std::string body() const {
    return "200 Success\r\n<tunnel action=\"info\" type=\"" + type + "\" lifetime=\"" + lifetime +
           "\">\r\n  <server>\r\n    <address type=\"ipv4\">192.0.2.1</address>\r\n"
           "    <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0001</address>\r\n  </server>\r\n"
           "  <client>\r\n    <address type=\"ipv4\">198.51.100.7</address>\r\n    <address type=\"ipv6\">" +
           client +
           "</address>\r\n    <dns_server>\r\n      <address type=\"ipv6\">2001:0db8:0000:0053:0000:0000:0000:0053"
           "</address>\r\n    </dns_server>\r\n" +
           router + keepalive + "  </client>\r\n</tunnel>\r\n";
  }
  [[nodiscard]] std::string framed() const { return frame(body()); }
};

// A whole offer of a v4v6 tunnel (RFC 5572 section 4.7.1 has the lengths). `router`: XML to be put in.
inline std::string ipv4_offer_text(std::string_view router = "") {
  return frame(
      "200 Success\r\n<tunnel action=\"info\" type=\"v4v6\" lifetime=\"1440\">\r\n  <server>\r\n"
      "    <address type=\"ipv4\" length=\"30\">100.64.0.1</address>\r\n"
      "    <address type=\"ipv6\">2001:0db8:0000:00aa:0000:0000:0000:0001</address>\r\n  </server>\r\n  <client>\r\n"
      "    <address type=\"ipv4\" length=\"30\">100.64.0.2</address>\r\n"
      "    <address type=\"ipv6\">2001:0db8:000c:0000:0000:0000:0000:0007</address>\r\n" +
      std::string(router) +
      "    <keepalive interval=\"20\">\r\n      <address type=\"ipv4\">127.0.0.1</address>\r\n    </keepalive>\r\n"
      "  </client>\r\n</tunnel>\r\n");
}

inline std::string redirect_text(unsigned code, std::initializer_list<std::string_view> names) {
  std::string text = std::to_string(code) + " Elsewhere\r\n<tunnel action=\"list\" type=\"broker\">\r\n";
  for (const std::string_view broker : names) {
    const std::string_view type = parse_ipv4(broker) ? "ipv4" : parse_ipv6(broker) ? "ipv6" : "dn";
    text += "  <broker>\r\n    <address type=\"" + std::string(type) + "\">" + std::string(broker) +
            "</address>\r\n  </broker>\r\n";
  }
  return text + "</tunnel>\r\n";
}

inline ClientConfig anonymous_config() {
  ClientConfig config;
  config.server = {"tb.example.net", kTspPort};
  config.type = RequestedType::V6UdpV4;
  return config;
}

inline ClientConfig ipv4_config() {
  ClientConfig config = anonymous_config();
  config.type = RequestedType::V4V6;
  return config;
}

inline ClientConfig account_config(AuthMechanism mechanism) {
  ClientConfig config = anonymous_config();
  config.mechanism = mechanism;
  config.login = "alice";
  config.password = "secret";
  return config;
}

inline ClientConfig ipv4_router_config() {
  ClientConfig config = account_config(AuthMechanism::Plain);
  config.type = RequestedType::V4V6;
  config.router_prefix_length = 24;
  return config;
}

inline Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

inline IPv6Address ipv6(std::string_view text) {
  return *parse_ipv6(text);
}

inline IPv6Address ipv4(std::string_view text) {
  return map_ipv4(*parse_ipv4(text));
}

inline Offer some_offer() {
  Offer offer;
  offer.type = TunnelType::V6UdpV4;
  offer.server_outer = map_ipv4({{192, 0, 2, 1}});
  offer.client_outer = map_ipv4({{198, 51, 100, 7}});
  offer.server_inner = ipv6("2001:db8:0:100::1");
  offer.client_inner = ipv6("2001:db8:0:100::2");
  offer.keepalive_seconds = 20;
  offer.keepalive_address = offer.server_inner;
  return offer;
}

inline Offer ipv4_offer() {
  Offer offer;
  offer.type = TunnelType::V4V6;
  offer.server_outer = ipv6("2001:db8:0:aa::1");
  offer.client_outer = ipv6("2001:db8:c::7");
  offer.server_inner = ipv4("100.64.0.1");
  offer.client_inner = ipv4("100.64.0.2");
  offer.keepalive_seconds = 20;
  offer.keepalive_address = offer.server_inner;
  return offer;
}

// An IPv6 packet with next header 59 (none) and `payload` bytes behind the header.
inline Bytes inner_packet(std::string_view source, std::string_view destination, std::size_t payload = 8) {
  Bytes packet(dataplane::kIPv6HeaderSize + payload, 0);
  packet[0] = 0x60;
  packet[4] = static_cast<std::uint8_t>(payload >> 8);
  packet[5] = static_cast<std::uint8_t>(payload);
  packet[6] = 59;
  packet[7] = 64;
  std::ranges::copy(ipv6(source).octets, packet.begin() + 8);
  std::ranges::copy(ipv6(destination).octets, packet.begin() + 24);
  return packet;
}

inline Bytes inner_ipv4_packet(std::string_view source, std::string_view destination) {
  return dataplane::test::make_udp({ipv4(source), ipv4(destination)}, dataplane::test::pattern(8));
}

}  // namespace tsp::client::testing
