// SPDX-License-Identifier: Apache-2.0
#include "core/client/inner.h"

#include <algorithm>

#include "core/dataplane/packet.h"

namespace tsp::client {
namespace {

constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kEchoReply = 129;

unsigned nibble(ByteView payload) {
  return payload.empty() ? 0 : payload[0] >> 4;
}

bool is_whole_packet(ByteView packet) {
  if (packet.size() < dataplane::kIPv6HeaderSize || nibble(packet) != 6) return false;
  const std::size_t payload_length = static_cast<std::size_t>(packet[4]) << 8 | packet[5];
  return packet.size() == dataplane::kIPv6HeaderSize + payload_length;
}

bool is_ours(const Offer& offer, const IPv6Address& address) {
  return address == offer.client_inner || (offer.delegated && offer.delegated->contains(address));
}

bool is_echo_reply(ByteView packet) {
  return packet[6] == kIcmpv6 && packet.size() > dataplane::kIPv6HeaderSize &&
         packet[dataplane::kIPv6HeaderSize] == kEchoReply;
}

}  // namespace

bool usable_inner_address(const IPv6Address& address) {
  const auto& o = address.octets;
  if (o[0] == 0xFF) return false;
  if (o[0] == 0xFE && o[1] >= 0x80) return false;  // fe80::/10 and fec0::/10
  // ::/96 holds ::, ::1 and the compatible addresses; ::ffff:0:0/96 the mapped ones.
  if (!std::all_of(o.begin(), o.begin() + 10, [](std::uint8_t octet) { return octet == 0; })) return true;
  const unsigned last = static_cast<unsigned>(o[10]) << 8 | o[11];
  return last != 0 && last != 0xFFFF;
}

Inbound classify_inbound(const Offer& offer, ByteView payload) {
  if (nibble(payload) == 0xF) return Inbound::Supervisor;
  if (!is_whole_packet(payload)) return Inbound::Drop;
  const IPv6Address source = dataplane::source_of(payload);
  if (!is_ours(offer, dataplane::destination_of(payload))) return Inbound::Drop;
  if (!usable_inner_address(source) || is_ours(offer, source)) return Inbound::Drop;
  const bool from_server = offer.keepalive_seconds > 0 && source == offer.keepalive_address;
  return from_server && is_echo_reply(payload) ? Inbound::Supervisor : Inbound::Deliver;
}

bool may_send(const Offer& offer, ByteView packet) {
  return is_whole_packet(packet) && is_ours(offer, dataplane::source_of(packet)) &&
         usable_inner_address(dataplane::destination_of(packet));
}

}  // namespace tsp::client
