// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/packet.h"

#include <cstring>

#include "core/base/assert.h"
#include "core/dataplane/address_scope.h"
#include "core/dataplane/fragment.h"
#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {
namespace {

constexpr std::uint8_t kEchoRequestOfIcmpv4 = 8;
constexpr std::uint8_t kEchoRequestOfIcmpv6 = 128;

IPv6Address address_at(ByteView packet, std::size_t at_in_ipv4, std::size_t at_in_ipv6) {
  TSP_ASSERT(packet.size() >= kIPv4HeaderSize);
  if (is_ipv4(packet)) {
    IPv4Address address;
    std::memcpy(address.octets.data(), packet.data() + at_in_ipv4, address.octets.size());
    return map_ipv4(address);
  }
  TSP_ASSERT(packet.size() >= kIPv6HeaderSize);
  IPv6Address address;
  std::memcpy(address.octets.data(), packet.data() + at_in_ipv6, address.octets.size());
  return address;
}

bool carries_ipv4(const TunnelSpec& tunnel) {
  return tunnel.type == TunnelType::V4V6;
}

// Of an address in a packet of the version that the tunnel carries.
AddressScope scope_in(const TunnelSpec& tunnel, const IPv6Address& address) {
  return carries_ipv4(tunnel) ? scope_of(unmap(address)) : scope_of(address, tunnel.path.local);
}

UplinkVerdict drop(DropReason reason) {
  return {UplinkAction::Drop, reason, false};
}

bool is_own(const TunnelSpec& tunnel, const IPv6Address& address) {
  return address == tunnel.inner || (tunnel.delegated && tunnel.delegated->contains(address));
}

// The packet of a tunnel that carries IPv4 or that does not.
std::optional<DropReason> malformation(bool ipv4, ByteView packet) {
  if (packet.empty() || (packet[0] >> 4 != 6 && packet[0] >> 4 != 4)) return DropReason::Garbage;
  if (is_ipv4(packet) != ipv4) return DropReason::WrongVersion;
  if (!has_ip_header(packet)) return DropReason::Truncated;
  const std::size_t size = announced_size(packet);
  if (packet.size() < size) return DropReason::Truncated;
  if (packet.size() > size) return DropReason::LengthMismatch;
  if (!header_checksum_right(packet)) return DropReason::BadChecksum;
  return std::nullopt;
}

// A source that is not the client's own is a violation, but for what every host sends on a new link: router
// solicitations, duplicate address detection, multicast listener reports; requests for an address by DHCP.
UplinkVerdict judge_foreign(const TunnelSpec& tunnel, ByteView packet) {
  switch (scope_in(tunnel, source_of(packet))) {
    case AddressScope::LinkLocal:
      return {UplinkAction::Consume, DropReason::LinkScope, false};
    case AddressScope::Unspecified:
      return is_link_scope(scope_in(tunnel, destination_of(packet)))
                 ? UplinkVerdict{UplinkAction::Consume, DropReason::LinkScope, false}
                 : drop(DropReason::InvalidSource);
    case AddressScope::LinkMulticast:
    case AddressScope::Multicast:
    case AddressScope::Invalid:
      return drop(DropReason::InvalidSource);
    case AddressScope::Routable:
      break;
  }
  return drop(DropReason::ForeignSource);
}

// What the host's stack has to understand first, options and fragments, is left to it.
bool is_plain_echo_request(ByteView packet) {
  const bool ipv4 = is_ipv4(packet);
  const std::size_t header_size = ipv4 ? kIPv4HeaderSize : kIPv6HeaderSize;
  return protocol_of(packet) == (ipv4 ? kIcmpv4 : kIcmpv6) && ip_header_size(packet) == header_size &&
         !is_ipv4_fragment(packet) && packet.size() >= header_size + kIcmpHeaderSize &&
         packet[header_size] == (ipv4 ? kEchoRequestOfIcmpv4 : kEchoRequestOfIcmpv6) && packet[header_size + 1] == 0;
}

// The source is the client's own.
UplinkVerdict judge_destination(const TunnelSpec& tunnel, ByteView packet) {
  const IPv6Address destination = destination_of(packet);
  // The server's address is at the other end of the tunnel itself: nothing is routed, the hop limit does not matter.
  if (destination == tunnel.server_address && is_plain_echo_request(packet)) {
    return {UplinkAction::EchoReply, DropReason::Garbage, true};
  }
  switch (scope_in(tunnel, destination)) {
    case AddressScope::LinkLocal:
    case AddressScope::LinkMulticast:
      return {UplinkAction::Consume, DropReason::LinkScope, true};
    case AddressScope::Unspecified:
    case AddressScope::Multicast:
    case AddressScope::Invalid:
      return drop(DropReason::InvalidDestination);
    case AddressScope::Routable:
      break;
  }
  if (hop_limit_of(packet) == 0) return drop(DropReason::HopLimit);
  return {UplinkAction::Forward, DropReason::Garbage, true};
}

std::optional<DropReason> refusal_of_downlink_source(const TunnelSpec& tunnel, const IPv6Address& source) {
  switch (scope_in(tunnel, source)) {
    case AddressScope::LinkLocal:
      return DropReason::LinkScope;
    case AddressScope::Unspecified:
    case AddressScope::LinkMulticast:
    case AddressScope::Multicast:
    case AddressScope::Invalid:
      return DropReason::InvalidSource;
    case AddressScope::Routable:
      break;
  }
  return std::nullopt;
}

}  // namespace

IPv6Address source_of(ByteView packet) {
  return address_at(packet, kIPv4SourceAt, kSourceAt);
}

IPv6Address destination_of(ByteView packet) {
  return address_at(packet, kIPv4DestinationAt, kDestinationAt);
}

bool leads_to_client(const TunnelSpec& tunnel, const IPv6Address& destination) {
  return is_own(tunnel, destination) && destination != tunnel.server_address;
}

bool is_for_link(ByteView packet) {
  const IPv6Address destination = destination_of(packet);
  return is_link_scope(is_ipv4(packet) ? scope_of(unmap(destination)) : scope_of(destination, {}));
}

UplinkVerdict check_uplink(const TunnelSpec& tunnel, ByteView packet) {
  if (const auto reason = malformation(carries_ipv4(tunnel), packet)) return drop(*reason);
  if (!is_own(tunnel, source_of(packet))) return judge_foreign(tunnel, packet);
  return judge_destination(tunnel, packet);
}

DownlinkVerdict check_downlink(const TunnelSpec& tunnel, ByteView packet, std::size_t segment_size) {
  if (!has_ip_header(packet)) return {DownlinkAction::Drop, DropReason::NotIp};
  // An IPv6 packet may have a mapped destination.
  if (is_ipv4(packet) != carries_ipv4(tunnel)) return {DownlinkAction::Drop, DropReason::WrongVersion};
  if (!leads_to_client(tunnel, destination_of(packet))) return {DownlinkAction::Drop, DropReason::NoTunnel};
  // Before the size: not even Packet Too Big may be caused by a tunnel that was aimed at a stranger.
  if (!tunnel.confirmed) return {DownlinkAction::Drop, DropReason::Unconfirmed};
  if (const auto reason = refusal_of_downlink_source(tunnel, source_of(packet))) return {DownlinkAction::Drop, *reason};
  if (segment_size <= tunnel.mtu) return {DownlinkAction::Forward, DropReason::NoTunnel};
  if (may_be_fragmented(packet)) return {DownlinkAction::Fragment, DropReason::NoTunnel};
  return {DownlinkAction::PacketTooBig, DropReason::TooBig};
}

}  // namespace tsp::dataplane
