// SPDX-License-Identifier: Apache-2.0
#include "core/client/keepalive.h"

#include <algorithm>

#include "core/dataplane/ip_header.h"
#include "core/dataplane/packet.h"

namespace tsp::client {
namespace {

constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kEchoRequest = 128;
constexpr std::uint8_t kEchoReply = 129;
constexpr std::uint8_t kHopLimit = 64;
constexpr std::size_t kIcmpHeaderSize = 8;

std::uint8_t high(std::uint16_t value) {
  return static_cast<std::uint8_t>(value >> 8);
}
std::uint8_t low(std::uint16_t value) {
  return static_cast<std::uint8_t>(value);
}
std::uint16_t read_u16(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

}  // namespace

Keepalive::Keepalive(const Offer& offer, Random random, Instant now)
    : source_(offer.client_inner),
      destination_(offer.keepalive_address),
      interval_(std::chrono::seconds(offer.keepalive_seconds)),
      random_(random) {
  identifier_ = static_cast<std::uint16_t>(random_.next_u64());
  random_.fill(token_);
  if (offer.keepalive_seconds > 0) next_ = now;
}

Keepalive::Due Keepalive::advance(Instant now) {
  if (!next_ || now < *next_) return {};
  Due due;
  if (outstanding_) {
    due.lost = true;
    outstanding_ = false;
    if (++losses_ == kLossesMax) {
      due.dead = true;
      next_.reset();
      return due;
    }
  }
  due.probe = make_probe();
  sent_ = now;
  outstanding_ = true;
  next_ = now + kReplyPatience;
  return due;
}

void Keepalive::hurry(Instant now) {
  if (next_ && !outstanding_) next_ = std::min(*next_, now);
}

std::optional<Duration> Keepalive::answered(Instant now, ByteView packet) {
  constexpr std::size_t kIcmp = dataplane::kIPv6HeaderSize;
  if (packet.size() != kIcmp + kIcmpHeaderSize + token_.size()) return std::nullopt;
  if (packet[6] != kIcmpv6 || packet[kIcmp] != kEchoReply || packet[kIcmp + 1] != 0) return std::nullopt;
  if (dataplane::source_of(packet) != destination_ || dataplane::destination_of(packet) != source_) return std::nullopt;
  if (read_u16(packet, kIcmp + 4) != identifier_) return std::nullopt;
  if (!std::ranges::equal(packet.subspan(kIcmp + kIcmpHeaderSize), token_)) return std::nullopt;
  ever_answered_ = true;
  losses_ = 0;
  if (!outstanding_ || read_u16(packet, kIcmp + 6) != sequence_) return Duration{};
  outstanding_ = false;
  const auto full = static_cast<std::uint64_t>(interval_.count());
  next_ = sent_ + Duration(static_cast<std::int64_t>(random_.between(full / 4 * 3, full)));
  return now - sent_;
}

Bytes Keepalive::make_probe() {
  ++sequence_;
  Bytes icmp{kEchoRequest, 0, 0, 0, high(identifier_), low(identifier_), high(sequence_), low(sequence_)};
  icmp.insert(icmp.end(), token_.begin(), token_.end());
  const std::uint16_t checksum = dataplane::upper_layer_checksum(source_, destination_, kIcmpv6, icmp);
  icmp[2] = high(checksum);
  icmp[3] = low(checksum);

  Bytes packet = dataplane::make_ipv6_packet(source_, destination_, kIcmpv6, kHopLimit, icmp.size());
  std::ranges::copy(icmp, packet.begin() + dataplane::kIPv6HeaderSize);
  return packet;
}

}  // namespace tsp::client
