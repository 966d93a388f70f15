// SPDX-License-Identifier: Apache-2.0
//
// The ICMPv6 that the broker writes about packets of strangers: when, how large, with which checksum; and what it takes
// for a probe of its own.
#include <algorithm>

#include "core/dataplane/packet.h"
#include "core/dataplane/probe.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::dataplane;

namespace {

constexpr IPv6Address kServer{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::size_t kIcmpHeaderSize = 8;

// RFC 4443 section 2.4 (e): no error about an error, nor about a packet that was meant for many. Only what stands
// directly behind the header; extension headers are the implementation's affair.
bool must_not_be_answered(ByteView packet) {
  const bool is_error = packet[6] == kIcmpv6 && packet.size() > kIPv6HeaderSize && packet[kIPv6HeaderSize] < 128;
  const bool from_many = source_of(packet).octets[0] == 0xFF || source_of(packet) == IPv6Address{};
  return is_error || from_many;
}

void check_error(const std::optional<Bytes>& error, ByteView about) {
  if (!error) return;
  fuzz::require(about.size() >= kIPv6HeaderSize && !must_not_be_answered(about));
  fuzz::require(error->size() <= kIPv6MinimumMtu && upper_layer_checksum_right(*error));
  fuzz::require(source_of(*error) == kServer && destination_of(*error) == source_of(about));
  const ByteView quoted = ByteView(*error).subspan(kIPv6HeaderSize + kIcmpHeaderSize);
  fuzz::require(quoted.size() == std::min(about.size(), kIPv6MinimumMtu - kIPv6HeaderSize - kIcmpHeaderSize));
  fuzz::require(std::ranges::equal(quoted, about.first(quoted.size())));
  fuzz::require(!make_address_unreachable(kServer, *error));  // two brokers do not answer each other
}

void check_echo(ByteView packet) {
  const auto reply = make_echo_reply(packet);
  if (!reply) return;
  fuzz::require(reply->size() == packet.size() && destination_of(*reply) == source_of(packet));
  fuzz::require(upper_layer_checksum_right(*reply));
}

void check_probes(ByteView packet) {
  (void)read_probe(packet);
  if (const auto mark = read_probe_payload(packet)) {
    fuzz::require(std::ranges::equal(make_probe_payload(*mark), packet));
    const Bytes probe = make_udp_probe(kServer, source_of(make_echo_probe(kServer, kServer, *mark)), *mark);
    fuzz::require(read_probe(probe) == mark);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView packet(data, size);
  check_error(make_packet_too_big(kServer, 1280, packet), packet);
  check_error(make_address_unreachable(kServer, packet), packet);
  check_probes(packet);
  TunnelSpec tunnel;
  if (size < kIPv6HeaderSize) return 0;
  tunnel.inner = source_of(packet);
  tunnel.server_address = kServer;
  if (check_uplink(tunnel, packet).action == UplinkAction::EchoReply) check_echo(packet);
  return 0;
}
