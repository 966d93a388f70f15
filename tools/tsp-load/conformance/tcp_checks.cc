// SPDX-License-Identifier: Apache-2.0
//
// S-01 to S-10: transport over TCP.
#include "tools/tsp-load/conformance/dialogue.h"

namespace tsp::load::conformance {
namespace {

using namespace std::string_literals;

// Each byte in a segment of its own.
void send_bytewise(TcpPeer& peer, std::string_view message) {
  for (std::size_t i = 0; i < message.size(); ++i) peer.send(message.substr(i, 1));
}

void is_served(const Target& target) {
  require(accepts_tcp(target.server), "nobody listens");
}

void is_served_over_ipv6(const Target& target) {
  need(target.over_ipv6(), "the server is asked over IPv4");
  need_usual_type(target);
  is_served(target);
}

void a_reply_is_one_write(const Target& target) {
  TcpPeer peer(target);
  const std::string capability = hello(peer, target);
  require(capability.ends_with("\r\n") && peer.is_silent(), "the reply to VERSION came in pieces");
  TcpPeer asker(target);
  log_in(asker, target);
  static_cast<void>(framed_status(asker.ask(framed_create(create_request(target)))));
  require(asker.is_silent(), "the reply to create came in pieces");
}

void a_nul_before_a_request_is_skipped(const Target& target) {
  TcpPeer peer(target);
  log_in(peer, target);
  require(framed_status(peer.ask("\0"s + framed_create(create_request(target)))) != 500, "it was a 500");
}

void requests_may_come_byte_by_byte(const Target& target) {
  TcpPeer peer(target);
  send_bytewise(peer, version_line(target.version));
  require(peer.receive().starts_with("CAPABILITY "), "no CAPABILITY");
  TcpPeer asker(target);
  log_in(asker, target);
  send_bytewise(asker, framed_create(create_request(target)));
  require(framed_status(asker.receive()) != 500, "it was a 500");
}

void requests_may_come_together(const Target& target) {
  TcpPeer peer(target);
  peer.send(version_line(target.version) + std::string(kNonsenseMechanism));
  std::string replies = peer.receive();
  while (replies.find("300") == std::string::npos) {
    const std::string more = peer.receive();
    require(!more.empty(), "only the first was answered: " + shown(replies));
    replies += more;
  }
  require(replies.starts_with("CAPABILITY "), "the replies were " + shown(replies));
}

void a_refusal_ends_the_connection(const Target& target) {
  TcpPeer peer(target);
  require_status(peer.ask(kUnsupportedVersion), 302, "an unsupported version");
  require(peer.is_closed(), "the connection stayed open after 302");
  TcpPeer stranger(target);
  hello(stranger, target);
  require_status(stranger.ask(kNonsenseMechanism), 300, "an unknown mechanism");
  require(stranger.is_closed(), "the connection stayed open after 300");
}

void the_connection_stays_after_accept(const Target& target) {
  TcpPeer peer(target);
  need(!target.tcp->types.empty(), "the server has no tunnel that is set up over TCP");
  log_in(peer, target);
  const RequestedType type = target.over_ipv6() ? RequestedType::V4V6 : RequestedType::V6V4;
  const std::string reply = peer.ask(framed_create(create_request(target, type)));
  need(framed_status(reply) == 200, "the server refuses a tunnel to here: " + shown(reply));
  peer.send(framed_action("accept"));
  const bool stays = peer.is_silent();
  peer.send(framed_action("delete"));
  require(stays, "the connection ended, or something was said");
}

void a_line_without_end_is_refused(const Target& target) {
  TcpPeer peer(target);
  peer.send("VERSION=" + std::string(5000, '2'));
  require_status(peer.receive(), 500, "an endless line");
  require(peer.is_closed(), "the connection stayed open");
}

constexpr Check kChecks[] = {
    {"S-01", Level::Must, "TCP is served", is_served, "other addresses of the server"},
    {"S-02", Level::Must, "TCP over IPv6, if v4v6 is served", is_served_over_ipv6},
    {"S-03", Level::Must, "a reply is one write", a_reply_is_one_write},
    {"S-04", Level::Must, "a NUL in front of a request is skipped", a_nul_before_a_request_is_skipped},
    {"S-05", Level::Must, "requests may come byte by byte", requests_may_come_byte_by_byte},
    {"S-06", Level::Should, "two requests may come together", requests_may_come_together},
    {"S-07", Level::Must, "a refusal ends the connection", a_refusal_ends_the_connection},
    {"S-08", Level::Should, "a silent connection is closed", nullptr, "it would take a minute"},
    {"S-09", Level::Should, "the connection stays after accept", the_connection_stays_after_accept,
     "that its end is not the end of the tunnel"},
    {"S-10", Level::Should, "an endless line is a 500", a_line_without_end_is_refused},
};

}  // namespace

std::span<const Check> tcp_checks() {
  return kChecks;
}

}  // namespace tsp::load::conformance
