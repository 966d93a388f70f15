// SPDX-License-Identifier: Apache-2.0
//
// S-11 to S-29: transport over UDP.
#include <algorithm>

#include "tools/tsp-load/conformance/dialogue.h"
#include "tools/tsp-load/packets.h"

namespace tsp::load::conformance {
namespace {

using namespace std::string_literals;

constexpr std::size_t kReplySizeMax = 4095;          // gogoc's buffer
constexpr std::size_t kReplySizeComfortable = 1200;  // never in fragments

// Silence of a server that is not there proves nothing.
void need_udp(const Target& target) {
  need(target.udp.has_value(), "the server does not greet over UDP");
}

// An answer, and the answer to the same again under a later timestamp.
void require_same_again(UdpPeer& peer, std::string_view reply, std::string_view to_what) {
  const std::string again = peer.repeat();
  require(again == reply, "a repeated " + std::string(to_what) + " was answered with " + shown(again));
}

void the_header_comes_back(const Target& target) {
  if (!target.udp) {
    need(!UdpPeer(target).is_ignored(0xF00000F0, version_line(target.version)), "the server is silent over UDP");
  }
  for (const std::uint32_t timestamp : {0U, 1U, 0x1A7U, 0xF0000060U, 0xFFFFFFFFU}) {
    UdpPeer peer(target);
    static_cast<void>(peer.exchange(0xF00000F0, timestamp, version_line(target.version)));
  }
}

void the_reply_comes_from_where_it_was_asked(const Target& target) {
  UdpPeer peer(target);
  hello(peer, target);
}

void any_first_number_works(const Target& target) {
  for (const std::uint32_t first : {0xF0000000U, 0xF0000001U, 0xF00000F0U, 0xFFFFFFFEU, 0xFFFFFFFFU}) {
    UdpPeer peer(target, {.first_word = first});
    log_in(peer, target);
    require(framed_status(peer.ask(framed_create(create_request(target)))) != 500, "create was a 500");
  }
}

void a_repeated_version_gets_the_same(const Target& target) {
  UdpPeer peer(target);
  require_same_again(peer, hello(peer, target), "VERSION");
}

void a_repetition_changes_nothing(const Target& target) {
  UdpPeer peer(target);
  hello(peer, target);
  require_same_again(peer, peer.ask(kNonsenseMechanism), "AUTHENTICATE");
  UdpPeer other(target);
  log_in(other, target);
  require_status(other.repeat(), 200, "the last step of the log-in, repeated,");
  require(framed_status(other.ask(framed_create(create_request(target)))) != 500, "create was a 500 then");
}

void a_repeated_create_gets_the_same(const Target& target) {
  UdpPeer peer(target);
  log_in(peer, target);
  const std::string offer = peer.ask(framed_create(create_request(target)));
  static_cast<void>(read_offer(offer));
  require_same_again(peer, offer, "create");
}

void plain_is_acknowledged_by_the_header(const Target& target) {
  UdpPeer peer(target);
  need_mechanism(peer, target, AuthMechanism::Plain);
  hello(peer, target);
  const std::string reply = peer.ask(authenticate_line(AuthMechanism::Plain));
  require(reply.empty(), "it was answered with " + shown(reply));
}

void accept_is_acknowledged_by_the_header(const Target& target) {
  Tunnel tunnel(target);
  require_same_again(tunnel.peer(), "", "accept");
}

void the_poll_after_a_digest_gets_200(const Target& target) {
  UdpPeer peer(target);
  const Account& account = need_account(target);
  const Challenge challenge = ask_challenge(peer, target);
  require(proves(peer.ask(response_line(challenge, account)), challenge, account), "no proof");
  const std::string verdict = peer.ask("");
  require_status(verdict, 200, "the poll");
  require_same_again(peer, verdict, "poll");
}

void a_poll_with_nothing_pending_changes_nothing(const Target& target) {
  UdpPeer peer(target);
  hello(peer, target);
  const std::string reply = peer.ask("");
  require(reply.empty(), "it was answered with " + shown(reply));
  require_status(peer.ask(kNonsenseMechanism), 300, "an unknown mechanism then");
}

void an_older_number_changes_nothing(const Target& target) {
  UdpPeer peer(target, {.first_word = 0xF0000100});
  log_in(peer, target);
  static_cast<void>(peer.is_ignored(0xF00000FF, kNonsenseMechanism));  // or it is answered
  require(framed_status(peer.ask(framed_create(create_request(target)))) != 500, "create was a 500 then");
}

void strangers_are_not_answered(const Target& target) {
  need_udp(target);
  for (const std::string& message :
       {""s, "AUTHENTICATE ANONYMOUS\r\n"s, framed_action("accept"), "CAPABILITY TUNNEL=V6UDPV4 AUTH=ANONYMOUS\r\n"s,
        "200 Success\r\n"s, "300 Authentication failed\r\n"s, std::string(1400, 'x')}) {
    UdpPeer peer(target);
    require(peer.is_ignored(0xF00000F0, message), shown(message) + " was answered");
  }
}

void garbage_is_not_answered(const Target& target) {
  need_udp(target);
  UdpPeer peer(target);
  for (const std::size_t size : {0U, 1U, 4U, 7U}) {
    require(peer.is_ignored(Bytes(size, 0xF0)), std::to_string(size) + " bytes were answered");
  }
  const std::string version = version_line(target.version);
  for (const unsigned nibble : {0U, 1U, 4U, 5U, 7U, 8U, 0xEU}) {
    Bytes datagram{static_cast<std::uint8_t>(nibble << 4), 0, 0, 0, 0, 0, 0, 1};
    datagram.insert(datagram.end(), version.begin(), version.end());
    require(peer.is_ignored(datagram), "the first nibble " + std::to_string(nibble) + " was answered");
  }
}

Bytes some_packet() {
  return make_echo_request(*parse_ipv6("2001:db8:dead::1"), *parse_ipv6("2001:db8:dead::2"), 1);
}

void packets_of_strangers_are_not_answered(const Target& target) {
  need_udp(target);
  require(UdpPeer(target).is_ignored(some_packet()), "it was answered");
}

void a_flow_label_is_no_marker(const Target& target) {
  Tunnel tunnel(target);
  tunnel.require_echo("at all");
  Bytes request = make_echo_request(tunnel.offer().client_inner, tunnel.offer().server_inner, 77);
  request[3] = 0xF0;
  const auto reply = tunnel.answer_to(request);
  require(reply && is_echo_reply(*reply, request), "an echo request with such a label was not answered");
}

void the_echo_probe_is_answered(const Target& target) {
  UdpPeer peer(target);
  require_status(peer.ask("ECHO REQUEST"), 200, "it");
}

void the_old_header_comes_back(const Target& target) {
  UdpPeer peer(target);
  Bytes datagram{1, 0, 0, 0xF0, 9, 8, 7, 6};
  const std::string version = version_line("2.0.0");
  datagram.insert(datagram.end(), version.begin(), version.end());
  peer.send(datagram);
  const auto reply = peer.receive(target.patience);
  need(reply.has_value(), "the server does not have it, and need not");
  require(reply->size() > 8 && std::equal(datagram.begin(), datagram.begin() + 8, reply->begin()), "another header");
}

void replies_are_short(const Target& target) {
  UdpPeer peer(target);
  log_in(peer, target);
  const std::size_t size = peer.ask(framed_create(create_request(target))).size();
  require(size <= kReplySizeMax, "an offer of " + std::to_string(size) + " bytes");
  require(size + 8 <= kReplySizeComfortable, "a datagram of " + std::to_string(size + 8) + " bytes");
}

constexpr Check kChecks[] = {
    {"S-11", Level::Must, "the header comes back bit for bit", the_header_comes_back},
    {"S-12", Level::Must, "a reply comes from where it was asked", the_reply_comes_from_where_it_was_asked,
     "other addresses of the server"},
    {"S-13", Level::Must, "any first sequence number works, across the wrap", any_first_number_works},
    {"S-14", Level::Must, "a repeated VERSION gets the same reply", a_repeated_version_gets_the_same,
     "that it is one session"},
    {"S-15", Level::Must, "a repetition under a later timestamp changes nothing", a_repetition_changes_nothing},
    {"S-16", Level::Must, "a repeated create gets the same bytes", a_repeated_create_gets_the_same,
     "that it takes one address"},
    {"S-17", Level::Must, "AUTHENTICATE PLAIN gets the header alone", plain_is_acknowledged_by_the_header},
    {"S-18", Level::Must, "accept gets the header alone, each time", accept_is_acknowledged_by_the_header},
    {"S-19", Level::Must, "the poll after DIGEST-MD5 gets a 200, each time", the_poll_after_a_digest_gets_200},
    {"S-20", Level::Should, "a poll with nothing pending changes nothing", a_poll_with_nothing_pending_changes_nothing},
    {"S-21", Level::Should, "an older sequence number changes nothing", an_older_number_changes_nothing},
    {"S-22", Level::Must, "strangers who do not greet are not answered", strangers_are_not_answered},
    {"S-23", Level::Must, "garbage is not answered", garbage_is_not_answered},
    {"S-24", Level::Must, "packets of strangers are not answered", packets_of_strangers_are_not_answered,
     "that they are counted"},
    {"S-25", Level::Must, "a flow label is no marker", a_flow_label_is_no_marker},
    {"S-26", Level::Should, "the echo probe gets a 200", the_echo_probe_is_answered, "that no session is left"},
    {"S-27", Level::Must, "a session outlives 66 seconds of silence", nullptr, "it would take minutes"},
    {"S-28", Level::Beyond, "the little-endian header of old clients comes back", the_old_header_comes_back},
    {"S-29", Level::Must, "replies are short", replies_are_short},
};

}  // namespace

std::span<const Check> udp_checks() {
  return kChecks;
}

}  // namespace tsp::load::conformance
