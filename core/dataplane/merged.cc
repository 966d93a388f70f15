// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/merged.h"

#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {
namespace {

// RFC 8200 section 8.1, RFC 9293 section 3.1, without the segment itself.
std::uint16_t pseudo_header_sum(ByteView packet, std::size_t ip_header) {
  return ones_sum(addresses_in(packet), static_cast<std::uint32_t>(packet.size() - ip_header + kTcp));
}

}  // namespace

std::optional<VnetHeader> describe_merged(ByteView packet, std::size_t mtu) {
  const std::size_t ip_header = ip_header_size(packet);
  if (packet.size() < ip_header + kTcpHeaderSize || protocol_of(packet) != kTcp) return std::nullopt;
  const ByteView transport = packet.subspan(ip_header);
  if (get16(transport, kTcpChecksumAt) != pseudo_header_sum(packet, ip_header)) return std::nullopt;
  if (is_ipv4_fragment(packet)) return std::nullopt;
  VnetHeader vnet{.flags = kVnetNeedsChecksum,
                  .checksum_start = static_cast<std::uint16_t>(ip_header),
                  .checksum_offset = static_cast<std::uint16_t>(kTcpChecksumAt)};
  const std::size_t header_size = ip_header + std::size_t{transport[kTcpDataOffsetAt]} / 16 * 4;
  if (packet.size() <= mtu || header_size >= mtu) return vnet;
  vnet.gso_type = is_ipv4(packet) ? kVnetGsoTcp4 : kVnetGsoTcp6;
  vnet.header_size = static_cast<std::uint16_t>(header_size);
  vnet.gso_size = static_cast<std::uint16_t>(mtu - header_size);
  return vnet;
}

std::size_t packets_of(const VnetHeader& vnet, ByteView packet) {
  if (vnet.gso_size == 0 || packet.size() <= vnet.header_size) return 1;
  return (packet.size() - vnet.header_size + vnet.gso_size - 1) / vnet.gso_size;
}

}  // namespace tsp::dataplane
