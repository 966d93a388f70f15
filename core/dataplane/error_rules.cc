// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/error_rules.h"

#include "core/dataplane/address_scope.h"
#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {
namespace {

constexpr std::uint8_t kInformational = 0x80;  // ICMPv6: the bit of types that are no errors
constexpr std::uint8_t kRedirect = 137;

struct UpperLayer {
  std::uint8_t protocol = 0;
  ByteView payload;  // empty if it is cut off or in another fragment
};

// Walks along the extension headers (RFC 8200 section 4). One that is cut off ends the walk.
UpperLayer upper_layer_of_ipv6(ByteView packet) {
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

// ICMPv6 whose type cannot be seen may be an error as well.
bool ipv6_may_cause_error(ByteView packet) {
  const UpperLayer upper = upper_layer_of_ipv6(packet);
  if (upper.protocol == kIcmpv6) {
    if (upper.payload.empty()) return false;
    const std::uint8_t type = upper.payload[0];
    if ((type & kInformational) == 0 || type == kRedirect) return false;
  }
  return scope_of(source_of(packet), {}) == AddressScope::Routable;
}

// Of those that hosts send: echo, timestamp, information, address mask, each with its reply, and router discovery. What
// is not known may be an error.
bool is_icmpv4_query(std::uint8_t type) {
  switch (type) {
    case 0:
    case 8:
    case 9:
    case 10:
    case 13:
    case 14:
    case 15:
    case 16:
    case 17:
    case 18:
      return true;
    default:
      return false;
  }
}

bool ipv4_may_cause_error(ByteView packet) {
  if ((get16(packet, kFragmentAt) & kFragmentOffset) != 0) return false;
  const ByteView payload = packet.subspan(ip_header_size(packet));
  if (packet[kProtocolAt] == kIcmpv4 && (payload.empty() || !is_icmpv4_query(payload[0]))) return false;
  const AddressScope destination = scope_of(unmap(destination_of(packet)));
  if (destination == AddressScope::Multicast || destination == AddressScope::LinkMulticast) return false;
  return scope_of(unmap(source_of(packet))) == AddressScope::Routable;
}

}  // namespace

bool may_cause_error(ByteView packet) {
  return is_ipv4(packet) ? ipv4_may_cause_error(packet) : ipv6_may_cause_error(packet);
}

}  // namespace tsp::dataplane
