// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/conformance/dialogue.h"

#include <algorithm>
#include <chrono>
#include <variant>

#include "core/auth/digest_value.h"
#include "core/auth/directives.h"
#include "core/base/decimal.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"
#include "core/wire/base64.h"
#include "core/wire/status.h"
#include "core/wire/text.h"
#include "tools/tsp-load/packets.h"

namespace tsp::load::conformance {
namespace {

constexpr MinimalCreate kMinimalCreate{.type = "v6udpv4",
                                       .address = "10.1.1.5",
                                       .address_element = "<address type=\"ipv4\">10.1.1.5</address>",
                                       .text =
                                           "<tunnel action=\"create\" type=\"v6udpv4\"><client><address "
                                           "type=\"ipv4\">10.1.1.5</address></client></tunnel>\r\n"};
constexpr MinimalCreate kMinimalCreateOverIPv6{.type = "v4v6",
                                               .address = "2001:db8::5",
                                               .address_element = "<address type=\"ipv6\">2001:db8::5</address>",
                                               .text =
                                                   "<tunnel action=\"create\" type=\"v4v6\"><client><address "
                                                   "type=\"ipv6\">2001:db8::5</address></client></tunnel>\r\n"};

constexpr std::string_view kCnonce = "d41d8cd98f00b204e9800998ecf8427e";
constexpr std::string_view kLengthHeader = "Content-length:";  // in no other spelling
constexpr std::uint8_t kEchoReply = 129;
constexpr unsigned kEchoesMax = 3;
constexpr Duration kEchoTimeout = std::chrono::seconds(1);

std::string credentials_line(const Account& account) {
  std::string line(1, '\0');
  line += account.login;
  line += '\0';
  return line + account.password + "\r\n";
}

void log_in_plain(Peer& peer, const Account& account) {
  const std::string command = authenticate_line(AuthMechanism::Plain);
  std::string reply;
  if (peer.is_stream()) {
    reply = peer.ask(command + credentials_line(account));
  } else {
    static_cast<void>(peer.ask(command));
    reply = peer.ask(credentials_line(account));
  }
  require_status(reply, 200, "right PLAIN credentials");
}

void log_in_digest(Peer& peer, const Target& target, const Account& account) {
  const Challenge challenge = ask_challenge(peer, target);
  const std::string proof = peer.ask(response_line(challenge, account));
  require(proves(proof, challenge, account), "right DIGEST-MD5 credentials were answered with " + shown(proof));
  const std::string verdict = peer.is_stream() ? dynamic_cast<TcpPeer&>(peer).receive() : peer.ask(std::string_view());
  require_status(verdict, 200, "right DIGEST-MD5 credentials");
}

std::string digest_uri(const Challenge& challenge, const ResponseForm& form) {
  return "tsp/" + (form.host.empty() ? challenge.fields.realm : std::string(form.host));
}

auth::DigestValues values_of(const Challenge& challenge, const Account& account, const ResponseForm& form) {
  const Verifier verifier = auth::make_verifier(account.login, challenge.fields.realm, account.password);
  const std::string uri = digest_uri(challenge, form);
  return auth::digest_values({.verifier = verifier,
                              .nonce = challenge.fields.nonce,
                              .nc = form.nc,
                              .cnonce = kCnonce,
                              .qop = form.qop,
                              .digest_uri = uri});
}

}  // namespace

std::string hello(Peer& peer, const Target& target) {
  const std::string reply = peer.ask(version_line(target.version));
  require(reply.starts_with("CAPABILITY "), "VERSION was answered with " + shown(reply));
  return reply;
}

std::string version_line(std::string_view version) {
  return "VERSION=" + std::string(version) + "\r\n";
}

std::string authenticate_line(AuthMechanism mechanism) {
  return "AUTHENTICATE " + std::string(wire::mechanism_name(mechanism)) + "\r\n";
}

bool has(const Peer& peer, const Target& target, AuthMechanism mechanism) {
  const auto& offered = peer.is_stream() ? target.tcp : target.udp;
  return offered && std::ranges::find(offered->mechanisms, mechanism) != offered->mechanisms.end();
}

void need_mechanism(const Peer& peer, const Target& target, AuthMechanism mechanism) {
  need(has(peer, target, mechanism), "the server does not offer " + std::string(wire::mechanism_name(mechanism)));
}

const Account& need_account(const Target& target) {
  need(target.account.has_value(), "it needs an account (--login)");
  return *target.account;
}

void log_in(Peer& peer, const Target& target) {
  if (!has(peer, target, AuthMechanism::Anonymous)) {
    log_in_with_account(peer, target);
    return;
  }
  hello(peer, target);
  require_status(peer.ask(authenticate_line(AuthMechanism::Anonymous)), 200, "AUTHENTICATE ANONYMOUS");
}

void log_in_with_account(Peer& peer, const Target& target) {
  const Account& account = need_account(target);
  if (has(peer, target, AuthMechanism::DigestMd5)) {
    log_in_digest(peer, target, account);
    return;
  }
  need_mechanism(peer, target, AuthMechanism::Plain);
  hello(peer, target);
  log_in_plain(peer, account);
}

Challenge ask_challenge(Peer& peer, const Target& target) {
  need_mechanism(peer, target, AuthMechanism::DigestMd5);
  hello(peer, target);
  std::string line = peer.ask(authenticate_line(AuthMechanism::DigestMd5));
  auto fields = auth::parse_challenge(line);
  require(fields.has_value(), "no challenge: " + shown(line));
  return {.line = std::move(line), .fields = std::move(*fields)};
}

std::string response_line(const Challenge& challenge, const Account& account, const ResponseForm& form) {
  std::string text = "charset=" + challenge.fields.charset + ",username=" + auth::quote(account.login) +
                     ",realm=" + auth::quote(challenge.fields.realm) + ",nonce=" + auth::quote(challenge.fields.nonce) +
                     ",nc=" + std::string(form.nc);
  if (form.with_cnonce) text += ",cnonce=" + auth::quote(kCnonce);
  text += ",digest-uri=" + auth::quote(digest_uri(challenge, form)) +
          ",response=" + values_of(challenge, account, form).response + ",qop=" + std::string(form.qop);
  return wire::base64_encode(text) + "\r\n";
}

bool proves(std::string_view line, const Challenge& challenge, const Account& account, const ResponseForm& form) {
  return auth::check_rspauth(line, values_of(challenge, account, form).rspauth);
}

unsigned status_of(std::string_view reply) {
  return wire::parse_status_code(reply).value_or(0);
}

void require_status(std::string_view reply, unsigned wanted, std::string_view to_what) {
  require(status_of(reply) == wanted, std::string(to_what) + " was answered with " + shown(reply));
}

wire::CreateRequest create_request(const Target& target, RequestedType type) {
  wire::CreateRequest request;
  request.type = type;
  if (is_mapped(target.local)) {
    request.client_ipv4 = unmap(target.local);
  } else {
    request.client_ipv6 = target.local;
  }
  request.keepalive_seconds = 30;
  return request;
}

void claim_address(wire::CreateRequest& request, const IPv4Address& ipv4, const IPv6Address& ipv6) {
  if (request.client_ipv4) {
    request.client_ipv4 = ipv4;
  } else {
    request.client_ipv6 = ipv6;
  }
}

void need_usual_type(const Target& target) {
  const bool ipv6 = target.over_ipv6();
  need(target.offers(ipv6 ? TunnelType::V4V6 : TunnelType::V6UdpV4),
       std::string("the server has no ") + (ipv6 ? "v4v6" : "v6udpv4"));
}

const MinimalCreate& minimal_create(const Target& target) {
  return target.over_ipv6() ? kMinimalCreateOverIPv6 : kMinimalCreate;
}

std::string framed_create(const wire::CreateRequest& request) {
  return wire::framed_request(wire::create_text(request));
}

std::string framed_action(std::string_view action) {
  return wire::framed_request(wire::action_text(action));
}

std::string replaced(std::string_view text, std::string_view part, std::string_view by) {
  std::string result(text);
  return result.replace(result.find(part), part.size(), by);
}

unsigned framed_status(std::string_view reply) {
  const std::size_t end = reply.find("\r\n");
  require(reply.starts_with(kLengthHeader) && end != std::string_view::npos,
          "an answer without a frame: " + shown(reply));
  const std::string_view number = wire::trim(reply.substr(kLengthHeader.size(), end - kLengthHeader.size()));
  const std::string_view body = reply.substr(end + 2);
  require(parse_decimal(number, UINT16_MAX) == body.size(),
          "the frame says " + shown(number) + " and holds " + std::to_string(body.size()) + " bytes");
  return status_of(body);
}

void require_framed(std::string_view reply, unsigned wanted, std::string_view to_what) {
  require(framed_status(reply) == wanted, std::string(to_what) + " was answered with " + shown(reply));
}

Offer read_offer(std::string_view reply) {
  require_framed(reply, 200, "create");
  const auto parsed = wire::parse_offer_reply(reply);
  const Offer* offer = parsed ? std::get_if<Offer>(&*parsed) : nullptr;
  require(offer != nullptr, "an offer that no client can use: " + shown(reply));
  return *offer;
}

Tunnel::Tunnel(const Target& target, const wire::CreateRequest& request, bool with_account)
    : target_(target), request_(request), with_account_(with_account), peer_(target) {
  need(!target.over_ipv6(), "packets of a v4v6 tunnel would take a raw socket");
  need_usual_type(target);
  negotiate();
}

Tunnel::~Tunnel() {
  peer_.say(framed_action("delete"));
}

void Tunnel::negotiate_again() {
  peer_.continue_from(0xF0000000);
  negotiate();
}

void Tunnel::negotiate() {
  with_account_ ? log_in_with_account(peer_, target_) : log_in(peer_, target_);
  offer_ = read_offer(peer_.ask(framed_create(request_)));
  const std::string reply = peer_.ask(framed_action("accept"));
  require(reply.empty() || status_of(reply) == 200, "accept was answered with " + shown(reply));
}

std::optional<Bytes> Tunnel::answer_to(const Bytes& packet, Duration timeout) {
  peer_.send(packet);
  return peer_.receive_packet(timeout);
}

bool Tunnel::echoes(Duration timeout) {
  const Bytes request = make_echo_request(offer_.client_inner, offer_.server_inner, ++echo_sequence_);
  const auto reply = answer_to(request, timeout);
  return reply && is_echo_reply(*reply, request);
}

void Tunnel::require_echo(const std::string& when) {
  // One that is lost is no violation.
  bool answered = false;
  for (unsigned i = 0; i < kEchoesMax && !answered; ++i) answered = echoes(kEchoTimeout);
  require(answered, "no echo through the tunnel " + when);
}

bool is_echo_reply(ByteView reply, ByteView request) {
  constexpr std::size_t kIcmp = dataplane::kIPv6HeaderSize;
  return reply.size() == request.size() && reply[kIcmp] == kEchoReply &&
         dataplane::source_of(reply) == dataplane::destination_of(request) &&
         dataplane::destination_of(reply) == dataplane::source_of(request) &&
         dataplane::upper_layer_checksum_right(reply) &&
         std::ranges::equal(reply.subspan(kIcmp + 4), request.subspan(kIcmp + 4));
}

}  // namespace tsp::load::conformance
