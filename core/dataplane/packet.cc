// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/packet.h"

#include <cstring>

#include "core/base/assert.h"
#include "core/dataplane/address_scope.h"
#include "core/dataplane/headers.h"

namespace tsp::dataplane {
namespace {

constexpr std::uint8_t kEchoRequest = 128;

IPv6Address address_at(ByteView packet, std::size_t at) {
  TSP_ASSERT(packet.size() >= kIPv6HeaderSize);
  IPv6Address address;
  std::memcpy(address.octets.data(), packet.data() + at, address.octets.size());
  return address;
}

UplinkVerdict drop(DropReason reason) {
  return {UplinkAction::Drop, reason, false};
}

bool is_own(const TunnelSpec& tunnel, const IPv6Address& address) {
  return address == tunnel.inner || (tunnel.delegated && tunnel.delegated->contains(address));
}

std::optional<DropReason> malformation(ByteView packet) {
  if (packet.empty() || packet[0] >> 4 != 6) return DropReason::Garbage;
  if (packet.size() < kIPv6HeaderSize) return DropReason::Truncated;
  const std::size_t size = kIPv6HeaderSize + get16(packet, kPayloadLengthAt);
  if (packet.size() < size) return DropReason::Truncated;
  if (packet.size() > size) return DropReason::LengthMismatch;
  return std::nullopt;
}

bool is_link_scope(AddressScope scope) {
  return scope == AddressScope::LinkLocal || scope == AddressScope::LinkMulticast;
}

// A source that is not the client's own is a violation, but for what every host sends on a new link: router
// solicitations, duplicate address detection, multicast listener reports.
UplinkVerdict judge_foreign(const TunnelSpec& tunnel, ByteView packet) {
  switch (scope_of(source_of(packet), tunnel.path.local)) {
    case AddressScope::LinkLocal:
      return {UplinkAction::Consume, DropReason::LinkScope, false};
    case AddressScope::Unspecified:
      return is_link_scope(scope_of(destination_of(packet), tunnel.path.local))
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

bool is_echo_request(ByteView packet) {
  return packet[kNextHeaderAt] == kIcmpv6 && packet.size() >= kIPv6HeaderSize + kIcmpHeaderSize &&
         packet[kIPv6HeaderSize] == kEchoRequest && packet[kIPv6HeaderSize + 1] == 0;
}

// The source is the client's own.
UplinkVerdict judge_destination(const TunnelSpec& tunnel, ByteView packet) {
  const IPv6Address destination = destination_of(packet);
  // The server's address is at the other end of the tunnel itself: nothing is routed, the hop limit does not matter.
  if (destination == tunnel.server_address && is_echo_request(packet)) {
    return {UplinkAction::EchoReply, DropReason::Garbage, true};
  }
  switch (scope_of(destination, tunnel.path.local)) {
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
  if (packet[kHopLimitAt] == 0) return drop(DropReason::HopLimit);
  return {UplinkAction::Forward, DropReason::Garbage, true};
}

std::optional<DropReason> refusal_of_downlink_source(const TunnelSpec& tunnel, const IPv6Address& source) {
  switch (scope_of(source, tunnel.path.local)) {
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
  return address_at(packet, kSourceAt);
}

IPv6Address destination_of(ByteView packet) {
  return address_at(packet, kDestinationAt);
}

UplinkVerdict check_uplink(const TunnelSpec& tunnel, ByteView packet) {
  if (const auto reason = malformation(packet)) return drop(*reason);
  if (!is_own(tunnel, source_of(packet))) return judge_foreign(tunnel, packet);
  return judge_destination(tunnel, packet);
}

DownlinkVerdict check_downlink(const TunnelSpec& tunnel, ByteView packet, std::size_t segment_size) {
  if (packet.size() < kIPv6HeaderSize || packet[0] >> 4 != 6) return {DownlinkAction::Drop, DropReason::NotIPv6};
  if (!is_own(tunnel, destination_of(packet))) return {DownlinkAction::Drop, DropReason::NoTunnel};
  // Before the size: not even Packet Too Big may be caused by a tunnel that was aimed at a stranger.
  if (!tunnel.confirmed) return {DownlinkAction::Drop, DropReason::Unconfirmed};
  if (const auto reason = refusal_of_downlink_source(tunnel, source_of(packet))) return {DownlinkAction::Drop, *reason};
  if (segment_size > tunnel.mtu) return {DownlinkAction::PacketTooBig, DropReason::TooBig};
  return {DownlinkAction::Forward, DropReason::NoTunnel};
}

}  // namespace tsp::dataplane
