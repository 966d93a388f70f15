// SPDX-License-Identifier: Apache-2.0
//
// The 8 bytes in front of every signalling message over UDP (RFC 5572 section 4.2, "TSP over UDP").
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>

#include <tsp/types.h>

namespace tsp::wire {

inline constexpr std::size_t kUdpHeaderSize = 8;

// 28-bit serial number, compared as RFC 1982 does.
class Sequence {
 public:
  static constexpr std::uint32_t kModulus = 1U << 28;

  Sequence() = default;
  explicit Sequence(std::uint32_t value) : value_(value % kModulus) {}

  [[nodiscard]] std::uint32_t value() const { return value_; }
  [[nodiscard]] Sequence next() const { return Sequence(value_ + 1); }
  // How far `this` is ahead of `other`: -2^27 … 2^27 - 1.
  [[nodiscard]] std::int32_t distance_from(Sequence other) const;

  friend bool operator==(Sequence, Sequence) = default;

 private:
  std::uint32_t value_ = 0;
};

// The words as they came: a reply carries them back bit for bit.
struct UdpHeader {
  std::array<std::uint8_t, kUdpHeaderSize> raw{};
  Sequence sequence;
  bool little_endian = false;  // very old clients: the marker is in the fourth byte

  [[nodiscard]] std::uint32_t timestamp() const;  // network order reading of the second word
};

// Marker 0xF in the first byte, or the legacy form: marker in the fourth byte, first nibble neither 6 nor F and
// the payload begins with "VERSION=" (later messages of such a session are recognised with `legacy_session`).
[[nodiscard]] std::optional<UdpHeader> parse_udp_header(ByteView datagram, bool legacy_session = false);
// The other reading of a header that has the marker at both ends of its first word; none if it has not.
[[nodiscard]] std::optional<UdpHeader> read_little_endian(const UdpHeader& header);
[[nodiscard]] UdpHeader make_udp_header(Sequence sequence, std::uint32_t timestamp);
// Header and payload in one datagram.
[[nodiscard]] Bytes with_header(const UdpHeader& header, std::string_view payload);

}  // namespace tsp::wire
