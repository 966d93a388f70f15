// SPDX-License-Identifier: Apache-2.0
#include "core/wire/udp_header.h"

#include <algorithm>

namespace tsp::wire {

namespace {

constexpr unsigned kMarker = 0xF;
constexpr unsigned kInnerPacket = 0x6;

unsigned high_nibble(std::uint8_t byte) {
  return byte >> 4;
}

std::uint32_t big_endian(std::span<const std::uint8_t, 4> word) {
  return (std::uint32_t{word[0]} << 24) | (std::uint32_t{word[1]} << 16) | (std::uint32_t{word[2]} << 8) | word[3];
}

std::uint32_t little_endian(std::span<const std::uint8_t, 4> word) {
  return (std::uint32_t{word[3]} << 24) | (std::uint32_t{word[2]} << 16) | (std::uint32_t{word[1]} << 8) | word[0];
}

void put_big_endian(std::span<std::uint8_t, 4> word, std::uint32_t value) {
  for (std::uint8_t& byte : word) {
    byte = static_cast<std::uint8_t>(value >> 24);
    value <<= 8;
  }
}

bool has_legacy_marker(ByteView datagram, bool legacy_session) {
  if (high_nibble(datagram[0]) == kInnerPacket || high_nibble(datagram[3]) != kMarker) return false;
  return legacy_session || as_text(datagram.subspan(kUdpHeaderSize)).starts_with("VERSION=");
}

}  // namespace

std::int32_t Sequence::distance_from(Sequence other) const {
  const std::uint32_t ahead = (value_ - other.value_) % kModulus;
  return static_cast<std::int32_t>(ahead) - static_cast<std::int32_t>(ahead >= kModulus / 2 ? kModulus : 0);
}

std::uint32_t UdpHeader::timestamp() const {
  return big_endian(std::span(raw).last<4>());
}

std::optional<UdpHeader> parse_udp_header(ByteView datagram, bool legacy_session) {
  if (datagram.size() < kUdpHeaderSize) return std::nullopt;
  UdpHeader header;
  std::copy_n(datagram.begin(), kUdpHeaderSize, header.raw.begin());
  const auto word = datagram.first<4>();
  if (high_nibble(word[0]) == kMarker) {
    header.sequence = Sequence(big_endian(word));
  } else if (has_legacy_marker(datagram, legacy_session)) {
    header.sequence = Sequence(little_endian(word));
    header.little_endian = true;
  } else {
    return std::nullopt;
  }
  return header;
}

std::optional<UdpHeader> read_little_endian(const UdpHeader& header) {
  const auto word = std::span(header.raw).first<4>();
  if (header.little_endian || high_nibble(word[0]) != kMarker || high_nibble(word[3]) != kMarker) return std::nullopt;
  UdpHeader swapped = header;
  swapped.sequence = Sequence(little_endian(word));
  swapped.little_endian = true;
  return swapped;
}

UdpHeader make_udp_header(Sequence sequence, std::uint32_t timestamp) {
  UdpHeader header;
  header.sequence = sequence;
  put_big_endian(std::span(header.raw).first<4>(), (kMarker << 28) | sequence.value());
  put_big_endian(std::span(header.raw).last<4>(), timestamp);
  return header;
}

Bytes with_header(const UdpHeader& header, std::string_view payload) {
  Bytes datagram;
  datagram.reserve(kUdpHeaderSize + payload.size());
  datagram.insert(datagram.end(), header.raw.begin(), header.raw.end());
  datagram.insert(datagram.end(), payload.begin(), payload.end());
  return datagram;
}

}  // namespace tsp::wire
