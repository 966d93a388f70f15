// SPDX-License-Identifier: Apache-2.0
//
// For tests: what the module says, written byte by byte.
#pragma once

#include <linux/utun.h>

#include <gtest/gtest.h>
#include <tsp/datapath.h>

#include "adapters/linux/datapath/utun/messages.h"
#include "adapters/linux/netlink/channel_test_support.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::linux_::utun::test {

using dataplane::test::address;
using linux_::test::acknowledgement;
using linux_::test::attribute;
using linux_::test::FakeChannel;
using linux_::test::generic;
using linux_::test::nest;
using linux_::test::Pieces;
using linux_::test::raw;
using linux_::test::text;
using linux_::test::operator+;

inline constexpr Target kTarget{.family = 0x21, .device = 9};

inline TunnelSpec udp_spec(std::uint64_t id = 0x1122334455) {
  return {.id = {id},
          .type = TunnelType::V6UdpV4,
          .path = {.remote = make_endpoint({{192, 0, 2, 7}}, 0x1234), .local = make_endpoint({{10, 0, 0, 1}}, 3653)},
          .inner = address("2001:db8:1:1::7"),
          .delegated = make_prefix(address("2001:db8:1:100::"), 56),
          .server_address = address("2001:db8:1::1"),
          .mtu = 1400,
          .confirmed = true};
}
inline TunnelSpec bare_spec(std::uint64_t id = 5) {
  TunnelSpec spec = udp_spec(id);
  spec.type = TunnelType::V6V4;
  spec.path.remote.port = 0;
  spec.path.local.port = 0;
  spec.delegated.reset();
  spec.mtu = 1280;
  spec.confirmed = false;
  return spec;
}

inline Bytes octets(const IPv6Address& address) {
  return {address.octets.begin(), address.octets.end()};
}
inline Bytes number64(unsigned type, std::uint64_t value) {
  return attribute(type, raw(value));
}
inline Bytes device_attribute(std::uint32_t device = kTarget.device) {
  return attribute(UTUN_A_IFINDEX, raw(device));
}

// The attributes of the two specs as they are asked for and told.
inline Bytes udp_attributes(std::uint64_t id = 0x1122334455) {
  return number64(UTUN_TUNNEL_A_ID, id) + attribute(UTUN_TUNNEL_A_TYPE, {1}) +
         attribute(UTUN_TUNNEL_A_REMOTE, {192, 0, 2, 7}) + attribute(UTUN_TUNNEL_A_LOCAL, {10, 0, 0, 1}) +
         attribute(UTUN_TUNNEL_A_REMOTE_PORT, {0x12, 0x34}) + attribute(UTUN_TUNNEL_A_LOCAL_PORT, {0x0E, 0x45}) +
         attribute(UTUN_TUNNEL_A_INNER, octets(address("2001:db8:1:1::7"))) +
         attribute(UTUN_TUNNEL_A_DELEGATED, octets(address("2001:db8:1:100::"))) +
         attribute(UTUN_TUNNEL_A_DELEGATED_LENGTH, {56}) +
         attribute(UTUN_TUNNEL_A_SERVER, octets(address("2001:db8:1::1"))) +
         attribute(UTUN_TUNNEL_A_MTU, raw(std::uint32_t{1400})) + attribute(UTUN_TUNNEL_A_CONFIRMED, {1});
}
inline Bytes bare_attributes(std::uint64_t id = 5) {
  return number64(UTUN_TUNNEL_A_ID, id) + attribute(UTUN_TUNNEL_A_TYPE, {2}) +
         attribute(UTUN_TUNNEL_A_REMOTE, {192, 0, 2, 7}) + attribute(UTUN_TUNNEL_A_LOCAL, {10, 0, 0, 1}) +
         attribute(UTUN_TUNNEL_A_INNER, octets(address("2001:db8:1:1::7"))) +
         attribute(UTUN_TUNNEL_A_SERVER, octets(address("2001:db8:1::1"))) +
         attribute(UTUN_TUNNEL_A_MTU, raw(std::uint32_t{1280})) + attribute(UTUN_TUNNEL_A_CONFIRMED, {0});
}
inline Bytes usage_attributes(std::uint64_t last_seen) {
  const Bytes seen = last_seen == 0 ? Bytes{} : number64(UTUN_TUNNEL_A_LAST_SEEN, last_seen);
  return number64(UTUN_TUNNEL_A_INSTALLED, 5'000) + seen +
         nest(UTUN_TUNNEL_A_COUNTERS, number64(UTUN_COUNTER_A_PACKETS_UP, 1) + number64(UTUN_COUNTER_A_BYTES_UP, 2) +
                                          number64(UTUN_COUNTER_A_PACKETS_DOWN, 3) +
                                          number64(UTUN_COUNTER_A_BYTES_DOWN, 4));
}
// One tunnel as the module tells of it.
inline Bytes told_tunnel(std::uint32_t sequence, const Bytes& attributes, unsigned flags = 0) {
  return generic(kTarget.family, flags, sequence, UTUN_CMD_TUNNEL_GET,
                 device_attribute() + nest(UTUN_A_TUNNEL, attributes));
}
inline Bytes told_counters(std::uint32_t sequence, std::uint64_t packets_up, std::uint64_t too_big) {
  return generic(
      kTarget.family, 0, sequence, UTUN_CMD_DEVICE_GET,
      device_attribute() + nest(UTUN_A_COUNTERS, number64(UTUN_COUNTER_A_PACKETS_UP, packets_up) +
                                                     nest(UTUN_COUNTER_A_DROPS, number64(UTUN_DROP_TOO_BIG, too_big))));
}

inline std::uint8_t command_of(ByteView request) {
  return request[16];
}

}  // namespace tsp::linux_::utun::test
