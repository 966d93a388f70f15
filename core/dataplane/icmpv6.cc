// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/dataplane/address_scope.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/ip_header.h"
#include "core/dataplane/packet.h"

namespace tsp::dataplane {
namespace {

constexpr std::uint8_t kDestinationUnreachable = 1;
constexpr std::uint8_t kAddressUnreachable = 3;  // code
constexpr std::uint8_t kPacketTooBig = 2;
constexpr std::uint8_t kInformational = 0x80;  // the bit of types that are no errors
constexpr std::uint8_t kRedirect = 137;
constexpr std::uint8_t kEchoReply = 129;
constexpr std::uint8_t kHopLimit = 64;

struct UpperLayer {
  std::uint8_t protocol = 0;
  ByteView payload;  // empty if it is cut off or in another fragment
};

// Walks along the extension headers (RFC 8200 section 4). One that is cut off ends the walk.
UpperLayer upper_layer_of(ByteView packet) {
  UpperLayer at{packet[kNextHeaderAt], packet.subspan(kIPv6HeaderSize)};
  while (at.payload.size() >= 8) {
    std::size_t size = 8;
    switch (at.protocol) {
      case kHopByHop:
      case kRouting:
      case kDestinationOptions:
        size += std::size_t{at.payload[1]} * 8;
        break;
      case kFragment:
        // Only the first fragment holds the upper layer's header.
        if ((get16(at.payload, 2) & 0xFFF8) != 0) return {at.payload[0], {}};
        break;
      default:
        return at;
    }
    at = {at.payload[0], size <= at.payload.size() ? at.payload.subspan(size) : ByteView{}};
  }
  return at;
}

// RFC 4443 section 2.4 (e). ICMPv6 whose type cannot be seen may be an error as well.
bool may_cause_error(ByteView packet) {
  const UpperLayer upper = upper_layer_of(packet);
  if (upper.protocol == kIcmpv6) {
    if (upper.payload.empty()) return false;
    const std::uint8_t type = upper.payload[0];
    if ((type & kInformational) == 0 || type == kRedirect) return false;
  }
  return scope_of(source_of(packet), {}) == AddressScope::Routable;
}

void fill_in_checksum(Bytes& packet) {
  const std::span<std::uint8_t> message = std::span(packet).subspan(kIPv6HeaderSize);
  put16(message, kIcmpChecksumAt, 0);
  put16(message, kIcmpChecksumAt, upper_layer_checksum(source_of(packet), destination_of(packet), kIcmpv6, message));
}

std::optional<Bytes> make_error(std::uint8_t type, std::uint8_t code, std::uint32_t parameter, const IPv6Address& from,
                                ByteView about) {
  if (about.size() < kIPv6HeaderSize || !may_cause_error(about)) return std::nullopt;
  const ByteView quoted = about.first(std::min(about.size(), kIPv6MinimumMtu - kIPv6HeaderSize - kIcmpHeaderSize));
  Bytes packet = make_ipv6_packet(from, source_of(about), kIcmpv6, kHopLimit, kIcmpHeaderSize + quoted.size());
  packet[kIPv6HeaderSize] = type;
  packet[kIPv6HeaderSize + 1] = code;
  put32(packet, kIPv6HeaderSize + 4, parameter);
  std::copy(quoted.begin(), quoted.end(), packet.begin() + kIPv6HeaderSize + kIcmpHeaderSize);
  fill_in_checksum(packet);
  return packet;
}

}  // namespace

std::optional<Bytes> make_packet_too_big(const IPv6Address& from, std::uint32_t mtu, ByteView packet) {
  return make_error(kPacketTooBig, 0, mtu, from, packet);
}

std::optional<Bytes> make_address_unreachable(const IPv6Address& from, ByteView packet) {
  if (packet.size() >= kIPv6HeaderSize && packet[kDestinationAt] == 0xFF) return std::nullopt;
  return make_error(kDestinationUnreachable, kAddressUnreachable, 0, from, packet);
}

std::optional<Bytes> make_echo_reply(ByteView request) {
  if (!upper_layer_checksum_right(request) || request[kNextHeaderAt] != kIcmpv6) return std::nullopt;
  Bytes reply(request.begin(), request.end());
  std::swap_ranges(reply.begin() + kSourceAt, reply.begin() + kDestinationAt, reply.begin() + kDestinationAt);
  reply[kHopLimitAt] = kHopLimit;
  reply[kIPv6HeaderSize] = kEchoReply;
  fill_in_checksum(reply);
  return reply;
}

}  // namespace tsp::dataplane
