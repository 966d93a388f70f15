// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/merged.h"

#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"

namespace tsp::dataplane {
namespace {

constexpr std::size_t kAddressesAt = 8;
constexpr std::size_t kAddressesSize = 32;

// RFC 8200 section 8.1, without the packet itself.
std::uint16_t pseudo_header_sum(ByteView packet) {
  const auto length = static_cast<std::uint32_t>(packet.size() - kIPv6HeaderSize);
  return ones_sum(packet.subspan(kAddressesAt, kAddressesSize), length + kTcp);
}

}  // namespace

std::optional<VnetHeader> describe_merged(ByteView packet, std::size_t mtu) {
  if (packet.size() < kIPv6HeaderSize + kTcpHeaderSize || packet[kNextHeaderAt] != kTcp) return std::nullopt;
  const ByteView transport = packet.subspan(kIPv6HeaderSize);
  if (get16(transport, kTcpChecksumAt) != pseudo_header_sum(packet)) return std::nullopt;
  VnetHeader vnet{.flags = kVnetNeedsChecksum,
                  .checksum_start = kIPv6HeaderSize,
                  .checksum_offset = static_cast<std::uint16_t>(kTcpChecksumAt)};
  const std::size_t header_size = kIPv6HeaderSize + std::size_t{transport[kTcpDataOffsetAt]} / 16 * 4;
  if (packet.size() <= mtu || header_size >= mtu) return vnet;
  vnet.gso_type = kVnetGsoTcp6;
  vnet.header_size = static_cast<std::uint16_t>(header_size);
  vnet.gso_size = static_cast<std::uint16_t>(mtu - header_size);
  return vnet;
}

std::size_t packets_of(const VnetHeader& vnet, ByteView packet) {
  if (vnet.gso_size == 0 || packet.size() <= vnet.header_size) return 1;
  return (packet.size() - vnet.header_size + vnet.gso_size - 1) / vnet.gso_size;
}

}  // namespace tsp::dataplane
