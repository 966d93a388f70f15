// SPDX-License-Identifier: Apache-2.0
//
// The messages of the dialogue: what a client's bytes mean, and the exact bytes of every answer. What real clients
// demand of those bytes is noted where it is not obvious; golden tests hold it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tsp/address.h>
#include <tsp/client.h>
#include <tsp/config.h>
#include <tsp/store.h>

#include "core/wire/status.h"

namespace tsp::wire {

inline constexpr std::size_t kMessageSizeMax = 4096;  // a line, or a Content-length body

// ---- lines of the VERSION and AUTHENTICATE phases -----------------------------------------------------------

// "VERSION=2.0.2": the token up to CR, LF, NUL, blank or the end. None if the message does not begin with "VERSION=".
[[nodiscard]] std::optional<std::string_view> parse_version(std::string_view message);
// Any 2.x.
[[nodiscard]] bool version_supported(std::string_view version);
// Versions up to 2.0.0 have the hash fault called "bug 1455" in their DIGEST-MD5.
[[nodiscard]] bool version_has_bug_1455(std::string_view version);
// Exactly "ECHO REQUEST", line end or NUL allowed behind it.
[[nodiscard]] bool is_echo_request(std::string_view message);

// "AUTHENTICATE mech": the token in upper case, whatever follows it on the line; none if it is no such line.
[[nodiscard]] std::optional<std::string> parse_authenticate(std::string_view message);

struct Capabilities {
  std::vector<TunnelType> types{};
  std::vector<AuthMechanism> mechanisms{};

  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};
// "CAPABILITY TUNNEL=… AUTH=…\r\n", single blanks, upper case.
[[nodiscard]] std::string capability_line(const Capabilities& capabilities);
// As a client reads it: any order and case, unknown tokens ignored; none if it is no CAPABILITY line.
[[nodiscard]] std::optional<Capabilities> parse_capability(std::string_view message);

[[nodiscard]] std::string_view mechanism_name(AuthMechanism mechanism);  // "DIGEST-MD5" …
[[nodiscard]] std::optional<AuthMechanism> parse_mechanism(std::string_view name);
[[nodiscard]] std::string_view type_name(TunnelType type);  // "v6udpv4" …
[[nodiscard]] std::string_view type_name(RequestedType type);
[[nodiscard]] std::optional<TunnelType> parse_tunnel_type(std::string_view name);        // in any case
[[nodiscard]] std::optional<RequestedType> parse_requested_type(std::string_view name);  // in any case

// ---- requests of the command phase ----------------------------------------------------------------------------

struct RouterRequest {
  std::optional<std::uint8_t> prefix_length{};  // 0…128; none: no <prefix> or no length in it
  std::vector<std::string> dns_servers{};       // names or addresses as given, at most 8
  friend bool operator==(const RouterRequest&, const RouterRequest&) = default;
};
struct CreateRequest {
  // none: a type this implementation has never heard of (answer 303)
  std::optional<RequestedType> type{};
  std::optional<IPv4Address> client_ipv4{};  // as claimed
  std::optional<IPv6Address> client_ipv6{};
  bool bad_ipv4 = false;                             // given but not readable (answer 501)
  bool bad_ipv6 = false;                             // (answer 502)
  std::optional<std::uint32_t> keepalive_seconds{};  // 0…86400; none: no <keepalive>
  std::optional<RouterRequest> router{};
  bool proxy = false;
  friend bool operator==(const CreateRequest&, const CreateRequest&) = default;
};
struct AcceptRequest {
  friend bool operator==(const AcceptRequest&, const AcceptRequest&) = default;
};
struct RejectRequest {
  friend bool operator==(const RejectRequest&, const RejectRequest&) = default;
};
struct DeleteRequest {
  friend bool operator==(const DeleteRequest&, const DeleteRequest&) = default;
};
struct InfoRequest {
  friend bool operator==(const InfoRequest&, const InfoRequest&) = default;
};
using Request = std::variant<CreateRequest, AcceptRequest, RejectRequest, DeleteRequest, InfoRequest>;

// The XML of a request. Hardened: no DTD, entity or processing instruction, depth <= 8, elements <= 64,
// attributes <= 16 an element, no NUL, no duplicate of what may stand once. Every fault is 500.
[[nodiscard]] std::expected<Request, Status> parse_request(std::string_view xml);

// The text of a request as our own client sends it, without framing.
[[nodiscard]] std::string create_text(const CreateRequest& request);
[[nodiscard]] std::string action_text(
    std::string_view action);  // "accept" …: "<tunnel action=\"accept\"></tunnel>\r\n"

// ---- answers of the command phase -------------------------------------------------------------------------------

// The XML of an offer (action="info"), in the subset that old clients' hand-made parsers read: double quotes,
// 39-character IPv6 text, no declaration, dns_server always, keepalive always with an address.
// Needs offer.dns_server, which is IPv6. Ends in CRLF.
[[nodiscard]] std::string offer_text(const Offer& offer);

// "Content-length: N\r\n" + status line + xml; N counts all behind the first line.
[[nodiscard]] std::string framed(Status status, std::string_view xml = {});
// "Content-length: N\r\n" + text: a client's request.
[[nodiscard]] std::string framed_request(std::string_view text);

// "1NNN text\r\n<tunnel action=\"list\" type=\"broker\">…": a status, and the brokers to try instead (RFC 5572 section
// 4.7.4), in the subset of XML that old clients read. Unframed, for VERSION. At least one broker; with another port
// than 3653 only one, since old clients probe all brokers of a longer list on that port. Never during AUTHENTICATE:
// clients read that reply into a buffer with other text behind it.
[[nodiscard]] std::string redirect(Status status, const std::vector<BrokerAddress>& brokers);
// The same in a frame, for `create`.
[[nodiscard]] std::string framed_redirect(Status status, const std::vector<BrokerAddress>& brokers);

// A broker list that came with a status above 1000.
struct Redirect {
  unsigned code = 0;                   // without the 1000
  std::vector<std::string> brokers{};  // addresses or names, IPv6 in brackets; at most 50
  friend bool operator==(const Redirect&, const Redirect&) = default;
};
struct Refusal {
  unsigned code = 0;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};
using OfferReply = std::variant<Offer, Redirect, Refusal>;

enum class ReplyError : std::uint8_t {
  Truncated,  // Content-length promises more than is there
  Malformed,  // not a reply, bad XML, missing or invalid addresses
};
// As a client reads it: framed or (from sloppy servers) unframed, any white space and text form.
[[nodiscard]] std::expected<OfferReply, ReplyError> parse_offer_reply(std::string_view message);
// The status of any reply, framed or not; none: there is none, or it is cut short.
[[nodiscard]] std::optional<unsigned> reply_code(std::string_view message);
// "1NNN text\r\n<tunnel action=\"list\" …>": unframed, at VERSION and AUTHENTICATE.
[[nodiscard]] std::optional<Redirect> parse_redirect(std::string_view message);

}  // namespace tsp::wire
