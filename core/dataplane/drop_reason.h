// SPDX-License-Identifier: Apache-2.0
//
// Every reason for which a packet goes no further. Each has a counter of its own in every datapath and a test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tsp::dataplane {

enum class DropReason : std::uint8_t {
  // uplink: from a client
  Garbage,             // neither signalling nor a packet
  UnknownEndpoint,     // a packet from a 4-tuple without a tunnel
  WrongVersion,        // IPv4 in a tunnel of IPv6, or the other way round; downlink as well
  Truncated,           // shorter than its headers say
  LengthMismatch,      // payload length and datagram disagree
  ForeignSource,       // inner source outside the tunnel's address and prefix
  InvalidSource,       // multicast, broadcast, loopback, mapped, site-local …; downlink as well
  InvalidDestination,  // multicast, loopback, unspecified, mapped … as a destination to be routed
  LinkScope,           // link-local source or destination: consumed quietly, no violation; downlink as well
  HopLimit,            // is 0; a hop limit of 1 is left to the host, which answers Time Exceeded
  BadChecksum,         // an IPv4 header with a wrong checksum, or an echo request to the server address
  Ecn,                 // the outer header says congestion, the inner one cannot (RFC 6040); in the kernel only
  // downlink: to a client
  NoTunnel,     // destination in the pool, but in no live tunnel
  Unconfirmed,  // the endpoint has not proved that it receives
  TooBig,       // larger than the tunnel's MTU; answered with Packet Too Big or Fragmentation Needed
  NotIp,        // the host handed down neither IPv6 nor IPv4
  // both
  IcmpRateLimited,  // an ICMP error that was due was not sent
  SendFailed,       // the kernel refused to send or to take the packet
  QueueFull,        // signalling arrived faster than the main thread takes it
  kCount,
};

inline constexpr std::size_t kDropReasons = static_cast<std::size_t>(DropReason::kCount);

// "foreign_source" …: stable, for metrics and for people.
[[nodiscard]] std::string_view name(DropReason reason);

}  // namespace tsp::dataplane
