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

// Fields of the fixed IPv6 header; the packet must hold at least kIPv6HeaderSize bytes.
[[nodiscard]] IPv6Address source_of(ByteView packet);
[[nodiscard]] IPv6Address destination_of(ByteView packet);

enum class UplinkAction : std::uint8_t {
  Forward,    // to the host's IPv6 stack
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
// The source check of section 6.5: `packet` is the whole UDP payload and came from the tunnel's endpoint.
[[nodiscard]] UplinkVerdict check_uplink(const TunnelSpec& tunnel, ByteView packet);

enum class DownlinkAction : std::uint8_t { Forward, PacketTooBig, Drop };
struct DownlinkVerdict {
  DownlinkAction action = DownlinkAction::Drop;
  DropReason reason = DropReason::NoTunnel;  // for Drop
};
// `tunnel` is the one that find by destination gave. `segment_size`: of a super-packet, the size in bytes of its
// largest segment as an IPv6 packet (headers and payload); for a plain packet its own size.
[[nodiscard]] DownlinkVerdict check_downlink(const TunnelSpec& tunnel, ByteView packet, std::size_t segment_size);

// ICMPv6 type 2 (RFC 4443 section 3.2) to the source of `packet`, quoting as much of it as fits into 1280 bytes. None
// where RFC 4443 section 2.4 (e) forbids an error: for ICMPv6 errors and redirects, for multicast or unspecified
// sources.
[[nodiscard]] std::optional<Bytes> make_packet_too_big(const IPv6Address& from, std::uint32_t mtu, ByteView packet);
// ICMPv6 type 1 code 3, address unreachable; the same restrictions.
[[nodiscard]] std::optional<Bytes> make_address_unreachable(const IPv6Address& from, ByteView packet);
// The answer to an echo request: addresses swapped, type 129, hop limit 64, checksum recomputed. None if the request's
// own checksum is wrong.
[[nodiscard]] std::optional<Bytes> make_echo_reply(ByteView request);

// ---- checksums (RFC 1071, RFC 8200 section 8.1) ---------------------------------------------------------------

// One's complement sum of 16-bit big-endian words, not inverted, folded to 16 bits.
[[nodiscard]] std::uint16_t ones_sum(ByteView bytes, std::uint32_t start = 0);
// The checksum of an upper-layer payload (its checksum field zeroed or included) with the IPv6 pseudo-header.
[[nodiscard]] std::uint16_t upper_layer_checksum(const IPv6Address& source, const IPv6Address& destination,
                                                 std::uint8_t next_header, ByteView payload);
// Whether the TCP, UDP or ICMPv6 packet directly behind the IPv6 header carries a right checksum. A UDP checksum of
// 0 is wrong in IPv6.
[[nodiscard]] bool upper_layer_checksum_right(ByteView packet);

}  // namespace tsp::dataplane
