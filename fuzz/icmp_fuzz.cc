// SPDX-License-Identifier: Apache-2.0
//
// The ICMP that the broker writes about packets of strangers: when, how large, with which checksum; and what it takes
// for a probe of its own.
#include <algorithm>

#include "core/dataplane/packet.h"
#include "core/dataplane/probe.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::dataplane;

namespace {

constexpr IPv6Address kServer{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr IPv6Address kIPv4Server{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 64, 0, 1}};
constexpr std::uint8_t kIcmpv4 = 1;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::size_t kIcmpHeaderSize = 8;
constexpr std::size_t kIPv4HeaderSize = 20;

// What the two versions differ in.
struct Version {
  IPv6Address server;
  std::size_t header_size;  // of what the broker writes
  std::size_t error_bytes_max;
};
constexpr Version kIPv6{kServer, kIPv6HeaderSize, kIPv6MinimumMtu};
constexpr Version kIPv4{kIPv4Server, kIPv4HeaderSize, 576};

const Version& version_of(ByteView packet) {
  return !packet.empty() && packet[0] >> 4 == 4 ? kIPv4 : kIPv6;
}

// RFC 4443 section 2.4 (e): no error about an error, nor about a packet that was meant for many. Only what stands
// directly behind the header; extension headers are the implementation's affair.
bool ipv6_must_not_be_answered(ByteView packet) {
  const bool is_error = packet[6] == kIcmpv6 && packet.size() > kIPv6HeaderSize && packet[kIPv6HeaderSize] < 128;
  const bool from_many = source_of(packet).octets[0] == 0xFF || source_of(packet) == IPv6Address{};
  return is_error || from_many;
}

// RFC 1122 section 3.2.2.
bool ipv4_must_not_be_answered(ByteView packet) {
  const std::size_t header_size = std::size_t{packet[0] & 0xFU} * 4;
  const std::uint8_t type = packet.size() > header_size ? packet[header_size] : 3;
  const bool is_error = packet[9] == kIcmpv4 && (type == 3 || type == 4 || type == 5 || type == 11 || type == 12);
  const bool is_later_fragment = ((packet[6] & 0x1F) | packet[7]) != 0;
  const bool for_many = packet[16] >= 224 && packet[16] < 240;
  const bool from_no_host = packet[12] == 0 || packet[12] == 127 || packet[12] >= 224;
  return is_error || is_later_fragment || for_many || from_no_host;
}

void check_error(const std::optional<Bytes>& error, ByteView about) {
  if (!error) return;
  const Version& version = version_of(about);
  fuzz::require(about.size() >= version.header_size);
  fuzz::require(!(&version == &kIPv4 ? ipv4_must_not_be_answered(about) : ipv6_must_not_be_answered(about)));
  fuzz::require(error->size() <= version.error_bytes_max && upper_layer_checksum_right(*error));
  fuzz::require(source_of(*error) == version.server && destination_of(*error) == source_of(about));
  const std::size_t quote_at = version.header_size + kIcmpHeaderSize;
  const ByteView quoted = ByteView(*error).subspan(quote_at);
  fuzz::require(quoted.size() == std::min(about.size(), version.error_bytes_max - quote_at));
  fuzz::require(std::ranges::equal(quoted, about.first(quoted.size())));
  fuzz::require(!make_address_unreachable(version.server, *error));  // two brokers do not answer each other
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
    const Bytes probe = make_udp_probe(kServer, {source_of(make_echo_probe(kServer, kServer, *mark)), 9}, *mark);
    fuzz::require(read_probe(probe) == mark);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView packet(data, size);
  const Version& version = version_of(packet);
  check_error(make_packet_too_big(version.server, 1280, packet), packet);
  check_error(make_address_unreachable(version.server, packet), packet);
  check_probes(packet);
  TunnelSpec tunnel;
  if (size < version.header_size) return 0;
  tunnel.type = &version == &kIPv4 ? TunnelType::V4V6 : TunnelType::V6UdpV4;
  tunnel.inner = source_of(packet);
  tunnel.server_address = version.server;
  if (check_uplink(tunnel, packet).action == UplinkAction::EchoReply) check_echo(packet);
  return 0;
}
