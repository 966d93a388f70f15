// SPDX-License-Identifier: Apache-2.0
#include "core/dataplane/mss.h"

#include <optional>

#include "core/dataplane/ip_view.h"

namespace tsp::dataplane {
namespace {

// TCP options (RFC 9293 section 3.2).
constexpr std::uint8_t kEndOfOptions = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kMaximumSegmentSize = 2;
constexpr std::size_t kMssOptionSize = 4;

// Options headers that are looked behind. Two are what hosts send: hop-by-hop, then destination options.
constexpr int kOptionsHeadersMax = 2;

bool is_options_header(std::uint8_t next_header) {
  return next_header == kHopByHop || next_header == kDestinationOptions;
}

// Where TCP begins behind the fixed IPv6 header and options headers; none for fragments and whatever else.
std::optional<std::size_t> find_tcp_in_ipv6(ByteView packet) {
  std::uint8_t next_header = packet[kNextHeaderAt];
  std::size_t at = kIPv6HeaderSize;
  for (int headers = 0; next_header != kTcp; ++headers) {
    if (!is_options_header(next_header) || headers == kOptionsHeadersMax || packet.size() - at < 2) return std::nullopt;
    next_header = packet[at];
    at += (std::size_t{packet[at + 1]} + 1) * 8;
    if (at > packet.size()) return std::nullopt;
  }
  return at;
}

// The same behind the IPv4 header.
std::optional<std::size_t> find_tcp_in_ipv4(ByteView packet) {
  if (packet[kProtocolAt] != kTcp || is_ipv4_fragment(packet)) return std::nullopt;
  return ip_header_size(packet);
}

// A word at an odd place is summed with its bytes the other way round (RFC 1071 section 2 (B)).
std::uint16_t as_summed(std::uint16_t word, std::size_t at) {
  return at % 2 == 0 ? word : static_cast<std::uint16_t>(word << 8 | word >> 8);
}

// RFC 1624 section 3, equation 3: HC' = ~(~HC + ~m + m').
void update_checksum(std::span<std::uint8_t> tcp, std::size_t at, std::uint16_t before, std::uint16_t after) {
  std::uint32_t sum = std::uint32_t{0xFFFF} - get16(tcp, kTcpChecksumAt);
  sum += std::uint32_t{0xFFFF} - as_summed(before, at);
  sum += as_summed(after, at);
  while (sum >> 16 != 0) sum = (sum & 0xFFFF) + (sum >> 16);
  put16(tcp, kTcpChecksumAt, 0xFFFF - sum);
}

// `tcp`: from the TCP header to the end of the packet, of any IP version; at least kTcpHeaderSize bytes.
bool clamp_options(std::span<std::uint8_t> tcp, std::size_t mss, ChecksumState state) {
  const std::size_t end = std::size_t{tcp[kTcpDataOffsetAt]} / 16 * 4;
  if (end > tcp.size()) return false;
  bool clamped = false;
  for (std::size_t at = kTcpHeaderSize; at < end && tcp[at] != kEndOfOptions;) {
    if (tcp[at] == kNoOperation) {
      ++at;
      continue;
    }
    if (end - at < 2) break;
    const std::size_t size = tcp[at + 1];
    if (size < 2 || size > end - at) break;
    if (tcp[at] == kMaximumSegmentSize && size == kMssOptionSize) {
      const std::uint16_t before = get16(tcp, at + 2);
      if (before > mss) {
        put16(tcp, at + 2, mss);
        if (state == ChecksumState::Finished) update_checksum(tcp, at + 2, before, static_cast<std::uint16_t>(mss));
        clamped = true;
      }
    }
    at += size;
  }
  return clamped;
}

}  // namespace

bool clamp_mss(std::span<std::uint8_t> packet, std::size_t mtu, ChecksumState state) {
  if (!has_ip_header(packet)) return false;
  const bool ipv4 = is_ipv4(packet);
  const auto start = ipv4 ? find_tcp_in_ipv4(packet) : find_tcp_in_ipv6(packet);
  if (!start || packet.size() - *start < kTcpHeaderSize) return false;
  const std::span tcp = packet.subspan(*start);
  // RFC 9293 section 3.7.1: options, of IP and of TCP, are the sender's own business.
  const std::size_t headers = (ipv4 ? kIPv4HeaderSize : kIPv6HeaderSize) + kTcpHeaderSize;
  if ((tcp[kTcpFlagsAt] & kTcpSyn) == 0 || mtu < headers) return false;
  return clamp_options(tcp, mtu - headers, state);
}

}  // namespace tsp::dataplane
