// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/ip_packet.h"

#include <algorithm>
#include <optional>

#include "core/dataplane/headers.h"
#include "core/dataplane/packet.h"
#include "tools/capture/encapsulate.h"

namespace tsp::capture {
namespace {

using dataplane::get16;
using dataplane::get32;

constexpr std::size_t kIPv4HeaderSizeMin = 20;
constexpr std::uint16_t kFragmentBits = 0x3FFF;  // "more fragments" and the offset

struct Addressed {
  std::uint8_t protocol = 0;
  IPv6Address from{};
  IPv6Address to{};
  ByteView payload{};
};

IPv6Address ipv4_at(ByteView bytes, std::size_t at) {
  IPv4Address address;
  std::ranges::copy(bytes.subspan(at, address.octets.size()), address.octets.begin());
  return map_ipv4(address);
}

std::expected<Addressed, NotTransport> read_ipv4(ByteView ip) {
  if (ip.size() < kIPv4HeaderSizeMin) return std::unexpected(NotTransport::CutOff);
  const std::size_t header_size = std::size_t{ip[0] & 0x0FU} * 4;
  const std::size_t size = get16(ip, 2);
  if (header_size < kIPv4HeaderSizeMin || size < header_size || size > ip.size()) {
    return std::unexpected(NotTransport::CutOff);
  }
  if ((get16(ip, 6) & kFragmentBits) != 0) return std::unexpected(NotTransport::Fragment);
  return Addressed{.protocol = ip[9],
                   .from = ipv4_at(ip, 12),
                   .to = ipv4_at(ip, 16),
                   .payload = ip.subspan(header_size, size - header_size)};
}

std::expected<Addressed, NotTransport> read_ipv6(ByteView ip) {
  if (ip.size() < dataplane::kIPv6HeaderSize) return std::unexpected(NotTransport::CutOff);
  const std::size_t size = get16(ip, dataplane::kPayloadLengthAt);
  if (dataplane::kIPv6HeaderSize + size > ip.size()) return std::unexpected(NotTransport::CutOff);
  const std::uint8_t next = ip[dataplane::kNextHeaderAt];
  if (next == dataplane::kFragment) return std::unexpected(NotTransport::Fragment);
  return Addressed{.protocol = next,
                   .from = dataplane::source_of(ip),
                   .to = dataplane::destination_of(ip),
                   .payload = ip.subspan(dataplane::kIPv6HeaderSize, size)};
}

std::expected<TransportPacket, NotTransport> read_udp(const Addressed& ip) {
  if (ip.payload.size() < dataplane::kUdpHeaderSize) return std::unexpected(NotTransport::CutOff);
  const std::size_t size = get16(ip.payload, dataplane::kUdpLengthAt);
  if (size < dataplane::kUdpHeaderSize || size > ip.payload.size()) return std::unexpected(NotTransport::CutOff);
  return TransportPacket{.protocol = dataplane::kUdp,
                         .from = {ip.from, get16(ip.payload, 0)},
                         .to = {ip.to, get16(ip.payload, 2)},
                         .payload = ip.payload.first(size).subspan(dataplane::kUdpHeaderSize)};
}

std::expected<TransportPacket, NotTransport> read_tcp(const Addressed& ip) {
  if (ip.payload.size() < dataplane::kTcpHeaderSize) return std::unexpected(NotTransport::CutOff);
  const std::size_t header_size = std::size_t{ip.payload[dataplane::kTcpDataOffsetAt]} / 16 * 4;
  if (header_size < dataplane::kTcpHeaderSize || header_size > ip.payload.size()) {
    return std::unexpected(NotTransport::CutOff);
  }
  return TransportPacket{.protocol = dataplane::kTcp,
                         .from = {ip.from, get16(ip.payload, 0)},
                         .to = {ip.to, get16(ip.payload, 2)},
                         .payload = ip.payload.subspan(header_size),
                         .sequence = get32(ip.payload, dataplane::kTcpSequenceAt),
                         .tcp_flags = ip.payload[dataplane::kTcpFlagsAt]};
}

TransportPacket read_bare(const Addressed& ip) {
  return {.protocol = ip.protocol, .from = {ip.from, 0}, .to = {ip.to, 0}, .payload = ip.payload};
}

}  // namespace

std::expected<TransportPacket, NotTransport> read_transport(ByteView ip) {
  if (ip.empty() || (ip[0] >> 4 != 4 && ip[0] >> 4 != 6)) return std::unexpected(NotTransport::OtherProtocol);
  const auto addressed = ip[0] >> 4 == 4 ? read_ipv4(ip) : read_ipv6(ip);
  if (!addressed) return std::unexpected(addressed.error());
  if (addressed->protocol == dataplane::kUdp) return read_udp(*addressed);
  if (addressed->protocol == dataplane::kTcp) return read_tcp(*addressed);
  if (addressed->protocol == (ip[0] >> 4 == 4 ? kIPv6InIPv4 : kIPv4InIPv6)) return read_bare(*addressed);
  return std::unexpected(NotTransport::OtherProtocol);
}

}  // namespace tsp::capture
