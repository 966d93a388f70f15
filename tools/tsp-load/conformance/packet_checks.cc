// SPDX-License-Identifier: Apache-2.0
//
// S-76 to S-90: packets in tunnels, and what else a server has to bear.
#include <chrono>

#include "core/base/random.h"
#include "core/client/server_name.h"
#include "core/dataplane/packet.h"
#include "tools/tsp-load/conformance/dialogue.h"
#include "tools/tsp-load/packets.h"

namespace tsp::load::conformance {
namespace {

constexpr std::size_t kLargePacket = 1400;
constexpr std::uint8_t kPacketTooBig = 2;  // ICMPv6 type
constexpr int kRandomMessages = 40;
constexpr Duration kWayTimeout = std::chrono::seconds(1);  // from one client to another

void echo_is_answered(const Target& target) {
  Tunnel(target).require_echo("");
}

void another_port_is_a_stranger(const Target& target) {
  Tunnel tunnel(target);
  tunnel.require_echo("at all");
  UdpPeer stranger(target);
  stranger.send(make_echo_request(tunnel.offer().client_inner, tunnel.offer().server_inner, 77));
  require(!stranger.receive_packet(target.patience), "the other port was answered");
  tunnel.require_echo("from its own port then");
}

// Nothing comes back for a packet from that source, and the tunnel works then.
void require_dropped(Tunnel& tunnel, const char* source) {
  const auto reply = tunnel.answer_to(make_echo_request(*parse_ipv6(source), tunnel.offer().server_inner, 77));
  require(!reply, std::string(source) + " was answered");
  tunnel.require_echo("after a packet from " + std::string(source));
}

void foreign_sources_are_dropped(const Target& target) {
  Tunnel tunnel(target);
  tunnel.require_echo("at all");
  require_dropped(tunnel, "2001:db8:dead::1");
}

void impossible_sources_are_dropped(const Target& target) {
  Tunnel tunnel(target);
  tunnel.require_echo("at all");
  for (const char* source : {"ff02::1", "::1", "::ffff:192.0.2.1", "::192.0.2.1", "::", "fe80::1"}) {
    require_dropped(tunnel, source);
  }
}

Bytes echo_between(Tunnel& from, Tunnel& to, std::uint16_t sequence) {
  return make_echo_request(from.offer().client_inner, to.offer().client_inner, sequence);
}

// Whether a small packet from one tunnel comes out of the other.
bool reaches(Tunnel& from, Tunnel& to, Duration timeout) {
  from.peer().send(echo_between(from, to, 78));
  return to.peer().receive_packet(timeout).has_value();
}

void need_two_tunnels(const Target& target) {
  need(target.offers(AuthMechanism::Anonymous), "it needs two tunnels, and the server has none for anonymous clients");
}

void large_packets_are_answered_with_their_mtu(const Target& target) {
  need_two_tunnels(target);
  Tunnel sender(target);
  Tunnel receiver(target);
  sender.require_echo("at all");
  receiver.require_echo("at all");
  need(reaches(sender, receiver, kWayTimeout), "two tunnels do not reach each other");
  sender.peer().send(make_flood_packet(sender.offer().client_inner, receiver.offer().client_inner, kLargePacket));
  need(!receiver.peer().receive_packet(target.patience), "the tunnel takes 1400 bytes");
  const auto error = sender.peer().receive_packet(kWayTimeout);
  require(error && error->size() > dataplane::kIPv6HeaderSize && (*error)[dataplane::kIPv6HeaderSize] == kPacketTooBig,
          "1400 bytes were lost without a word");
}

void nothing_goes_to_who_has_not_shown_itself(const Target& target) {
  need_two_tunnels(target);
  Tunnel sender(target);
  Tunnel receiver(target);
  sender.require_echo("at all");
  const bool too_early = reaches(sender, receiver, target.patience);
  receiver.require_echo("at all");
  need(reaches(sender, receiver, kWayTimeout), "two tunnels do not reach each other");
  require(!too_early, "a packet went to an anonymous client that had only signalled");
}

void broken_packets_do_no_harm(const Target& target) {
  Tunnel tunnel(target);
  const Bytes whole = make_echo_request(tunnel.offer().client_inner, tunnel.offer().server_inner, 79);
  for (const std::size_t size : {1U, 39U, 40U, 45U}) {
    const auto reply = tunnel.answer_to(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    require(!reply, "a packet cut to " + std::to_string(size) + " bytes was answered");
  }
  Bytes longer = whole;
  longer.resize(whole.size() + 7);
  static_cast<void>(tunnel.answer_to(longer));
  tunnel.require_echo("after broken packets");
}

void a_servers_port_is_not_answered(const Target& target) {
  need(target.udp.has_value(), "the server does not greet over UDP");
  UdpPeer peer(target, {.source_port = client::kTspPort});
  require(peer.is_ignored(0xF00000F0, version_line(target.version)), "VERSION from port 3653 was answered");
}

void random_bytes_do_no_harm(const Target& target) {
  Random random(Seed{7});
  UdpPeer peer(target);
  for (int i = 0; i < kRandomMessages; ++i) {
    std::string text = random.chance(1, 2) ? version_line(target.version) : framed_create(create_request(target));
    for (int changes = 0; changes < 3; ++changes) {
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    }
    peer.say(text);
  }
  UdpPeer other(target);
  for (const std::string& request : {version_line(target.version), authenticate_line(AuthMechanism::DigestMd5)}) {
    const std::size_t size = other.ask(request).size();
    require(size + 8 < 5 * (request.size() + 8),
            shown(request) + " was answered with " + std::to_string(size) + " bytes");
  }
}

constexpr Check kChecks[] = {
    {"S-76", Level::Must, "echo requests to the server are answered", echo_is_answered},
    {"S-77", Level::Must, "v6v4 from a foreign outer address is dropped", nullptr, "it would take a second host"},
    {"S-78", Level::Must, "another port of the same host is a stranger", another_port_is_a_stranger},
    {"S-79", Level::Must, "foreign inner sources are dropped", foreign_sources_are_dropped,
     "that they are not forwarded elsewhere"},
    {"S-80", Level::Must, "impossible inner sources are dropped", impossible_sources_are_dropped,
     "that they are not forwarded elsewhere"},
    {"S-81", Level::Should, "large packets get Packet Too Big", large_packets_are_answered_with_their_mtu},
    {"S-82", Level::Should, "a silent tunnel ends", nullptr, "it would take minutes"},
    {"S-83", Level::Beyond, "nothing goes to who has not shown itself", nothing_goes_to_who_has_not_shown_itself},
    {"S-84", Level::Must, "tunnels are limited", nullptr, "it would take the places of others"},
    {"S-85", Level::Beyond, "broken packets do no harm", broken_packets_do_no_harm, "that they are counted"},
    {"S-86", Level::Beyond, "tunnels outlive a restart", nullptr, "it would take a restart"},
    {"S-87", Level::Beyond, "another server's port is not answered", a_servers_port_is_not_answered},
    {"S-88", Level::Beyond, "random bytes do no harm, small requests get small replies", random_bytes_do_no_harm,
     "most of the random bytes there are"},
    {"S-89", Level::Must, "gogoc gets its tunnel and keeps it", nullptr, "it would take gogoc"},
    {"S-90", Level::Must, "a fault inside DIGEST-MD5 is a 300", nullptr, "it would take a fault"},
};

}  // namespace

std::span<const Check> packet_checks() {
  return kChecks;
}

}  // namespace tsp::load::conformance
