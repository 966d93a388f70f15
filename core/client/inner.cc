// SPDX-License-Identifier: Apache-2.0
#include "core/client/inner.h"

#include <algorithm>

#include "core/dataplane/address_scope.h"
#include "core/dataplane/ip_view.h"

namespace tsp::client {
namespace {

constexpr std::uint8_t kIcmpv6EchoReply = 129;
constexpr std::uint8_t kIcmpv4EchoReply = 0;

bool is_signalling(const Offer& offer, ByteView payload) {
  return offer.type == TunnelType::V6UdpV4 && !payload.empty() && payload[0] >> 4 == 0xF;
}

bool is_whole_packet(const Offer& offer, ByteView packet) {
  return dataplane::has_ip_header(packet) && dataplane::is_ipv4(packet) == carries_ipv4(offer.type) &&
         dataplane::announced_size(packet) == packet.size();
}

bool is_ours(const Offer& offer, const IPv6Address& address) {
  return address == offer.client_inner || (offer.delegated && offer.delegated->contains(address));
}

bool is_echo_reply(ByteView packet) {
  const std::size_t header = dataplane::ip_header_size(packet);
  if (packet.size() == header || dataplane::is_ipv4_fragment(packet)) return false;
  const bool ipv4 = dataplane::is_ipv4(packet);
  return dataplane::protocol_of(packet) == (ipv4 ? dataplane::kIcmpv4 : dataplane::kIcmpv6) &&
         packet[header] == (ipv4 ? kIcmpv4EchoReply : kIcmpv6EchoReply);
}

bool usable_ipv6(const IPv6Address& address) {
  const auto& o = address.octets;
  if (o[0] == 0xFF) return false;
  if (o[0] == 0xFE && o[1] >= 0x80) return false;  // fe80::/10 and fec0::/10
  // ::/96 holds ::, ::1 and the compatible addresses; ::ffff:0:0/96 the mapped ones.
  if (!std::all_of(o.begin(), o.begin() + 10, [](std::uint8_t octet) { return octet == 0; })) return true;
  const unsigned last = static_cast<unsigned>(o[10]) << 8 | o[11];
  return last != 0 && last != 0xFFFF;
}

}  // namespace

bool usable_inner_address(TunnelType type, const IPv6Address& address) {
  if (!carries_ipv4(type)) return usable_ipv6(address);
  return is_mapped(address) && dataplane::scope_of(unmap(address)) == dataplane::AddressScope::Routable;
}

Inbound classify_inbound(const Offer& offer, ByteView payload) {
  if (is_signalling(offer, payload)) return Inbound::Supervisor;
  if (!is_whole_packet(offer, payload)) return Inbound::Drop;
  const IPv6Address source = dataplane::source_of(payload);
  if (!is_ours(offer, dataplane::destination_of(payload))) return Inbound::Drop;
  if (!usable_inner_address(offer.type, source) || is_ours(offer, source)) return Inbound::Drop;
  return source == echo_address(offer) && is_echo_reply(payload) ? Inbound::Supervisor : Inbound::Deliver;
}

bool may_send(const Offer& offer, ByteView packet) {
  return is_whole_packet(offer, packet) && is_ours(offer, dataplane::source_of(packet)) &&
         usable_inner_address(offer.type, dataplane::destination_of(packet));
}

}  // namespace tsp::client
