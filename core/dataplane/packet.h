// SPDX-License-Identifier: Apache-2.0
//
// What is done with one inner packet, and the packets a datapath makes itself. Pure functions over bytes, shared by
// every user-space datapath and the simulated one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <tsp/address.h>
#include <tsp/datapath.h>
#include <tsp/types.h>

#include "core/dataplane/drop_reason.h"

namespace tsp::dataplane {

inline constexpr std::size_t kIPv6HeaderSize = 40;
inline constexpr std::size_t kIPv6MinimumMtu = 1280;

// The addresses of an IPv6 packet, or those of an IPv4 packet, mapped. It must hold at least the fixed header.
[[nodiscard]] IPv6Address source_of(ByteView packet);
[[nodiscard]] IPv6Address destination_of(ByteView packet);
// Whether it is for nobody beyond the link: what the host tells its neighbours, and not for any tunnel. The same holds.
[[nodiscard]] bool is_for_link(ByteView packet);

enum class UplinkAction : std::uint8_t {
  Forward,    // to the host's stack
  EchoReply,  // an echo request to the server address: answer with make_echo_reply
  Consume,    // link-scope traffic: dropped without being a violation (reason LinkScope)
  Drop,
};
struct UplinkVerdict {
  UplinkAction action = UplinkAction::Drop;
  DropReason reason = DropReason::Garbage;  // for Consume and Drop
  // Whether the packet is a sign of life, and confirms the endpoint: it was not dropped, and its inner source is the
  // client's own (link-scope traffic rarely is: router solicitations and MLD come from fe80::/10 or "::").
  bool alive = false;
};
// `packet` is the whole payload of a datagram, or all behind the outer header, and came from the tunnel's endpoint. A
// tunnel of type v4v6 carries IPv4, the others IPv6.
[[nodiscard]] UplinkVerdict check_uplink(const TunnelSpec& tunnel, ByteView packet);

// Whether what goes to the address goes to the tunnel's client. The broker's end of a tunnel may lie in the client's
// own prefix; what the client sends there would come back to it, and go round until its hop limit ends it.
[[nodiscard]] bool leads_to_client(const TunnelSpec& tunnel, const IPv6Address& destination);

enum class DownlinkAction : std::uint8_t {
  Forward,
  Fragment,      // IPv4 that is too large and may be fragmented (fragment.h): forward the pieces
  PacketTooBig,  // answer with make_packet_too_big
  Drop,
};
struct DownlinkVerdict {
  DownlinkAction action = DownlinkAction::Drop;
  DropReason reason = DropReason::NoTunnel;  // for Drop
};
// `tunnel` is the one that find by destination gave, if that leads to its client. `segment_size`: of a super-packet,
// the size in bytes of its largest segment as an IP packet (headers and payload); for a plain packet its own size.
[[nodiscard]] DownlinkVerdict check_downlink(const TunnelSpec& tunnel, ByteView packet, std::size_t segment_size);

// Which an error about an IPv4 packet is (RFC 792), and about an IPv6 packet (RFC 4443), decides the packet. `from`: an
// address of the broker of that version. It goes to the packet's source and quotes as much of it as fits into the 576
// bytes (RFC 1812 section 4.3.2.3) or 1280 bytes that every link carries. None if `packet` has no whole header, and
// where RFC 1122 section 3.2.2 or RFC 4443 section 2.4 (e) forbids an error: about ICMP errors and redirects, about
// later IPv4 fragments, about multicast and broadcast, to sources that are not one host.

// ICMPv6 type 2. ICMPv4 type 3 code 4, fragmentation needed, with the MTU (RFC 1191 section 4): up to 65,535 bytes.
[[nodiscard]] std::optional<Bytes> make_packet_too_big(const IPv6Address& from, std::uint32_t mtu, ByteView packet);
// ICMPv6 type 1 code 3, address unreachable. ICMPv4 type 3 code 1, host unreachable.
[[nodiscard]] std::optional<Bytes> make_address_unreachable(const IPv6Address& from, ByteView packet);
// The answer to an echo request without extension headers or options: addresses swapped, type 129 or 0, hop limit 64,
// checksums recomputed. None if the request's own checksum is wrong.
[[nodiscard]] std::optional<Bytes> make_echo_reply(ByteView request);

// ---- checksums (RFC 1071, RFC 8200 section 8.1, RFC 9293 section 3.1) -------------------------------------------

// One's complement sum of 16-bit big-endian words, not inverted, folded to 16 bits.
[[nodiscard]] std::uint16_t ones_sum(ByteView bytes, std::uint32_t start = 0);
// The checksum of an upper-layer payload (its checksum field zeroed or included) with the pseudo-header. Of IPv4, too:
// the mapping of addresses adds 0xFFFF, which is 0 in one's complement.
[[nodiscard]] std::uint16_t upper_layer_checksum(const IPv6Address& source, const IPv6Address& destination,
                                                 std::uint8_t next_header, ByteView payload);
// The same of ICMP (its checksum field zeroed): RFC 792 sums the message alone, RFC 4443 section 2.3 with the
// pseudo-header. IPv4 addresses are mapped; a packet of IPv6 can have mapped ones as well, so that they do not tell.
[[nodiscard]] std::uint16_t icmp_checksum(bool ipv4, const IPv6Address& source, const IPv6Address& destination,
                                          ByteView message);
// Whether the TCP, UDP or ICMP packet directly behind the IP header is whole and carries a right checksum. A UDP
// checksum of 0 is wrong in IPv6, and none in IPv4.
[[nodiscard]] bool upper_layer_checksum_right(ByteView packet);

}  // namespace tsp::dataplane
