// SPDX-License-Identifier: Apache-2.0
#include "core/client/keepalive.h"

#include <algorithm>

#include "core/client/inner.h"
#include "core/dataplane/ip_header.h"
#include "core/dataplane/ip_view.h"

namespace tsp::client {
namespace {

constexpr std::uint8_t kHopLimit = 64;

// What the two versions of ICMP call the same (RFC 792, RFC 4443).
struct Echo {
  std::uint8_t protocol;
  std::uint8_t request;
  std::uint8_t reply;
};
constexpr Echo kEchoInIPv4{.protocol = dataplane::kIcmpv4, .request = 8, .reply = 0};
constexpr Echo kEchoInIPv6{.protocol = dataplane::kIcmpv6, .request = 128, .reply = 129};

const Echo& echo_of(const IPv6Address& address) {
  return is_mapped(address) ? kEchoInIPv4 : kEchoInIPv6;
}

std::uint8_t high(std::uint16_t value) {
  return static_cast<std::uint8_t>(value >> 8);
}
std::uint8_t low(std::uint16_t value) {
  return static_cast<std::uint8_t>(value);
}

}  // namespace

Keepalive::Keepalive(const Offer& offer, Without without, Random random, Instant now)
    : source_(offer.client_inner),
      destination_(echo_address(offer)),
      interval_(std::chrono::seconds(offer.keepalive_seconds)),
      random_(random) {
  identifier_ = static_cast<std::uint16_t>(random_.next_u64());
  random_.fill(token_);
  if (offer.keepalive_seconds > 0 || without == Without::Trial) next_ = now;
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
  if (!dataplane::has_ip_header(packet) || dataplane::is_ipv4_fragment(packet)) return std::nullopt;
  if (dataplane::source_of(packet) != destination_ || dataplane::destination_of(packet) != source_) return std::nullopt;
  const Echo& echo = echo_of(source_);
  const ByteView icmp = packet.subspan(dataplane::ip_header_size(packet));
  if (icmp.size() != dataplane::kIcmpHeaderSize + token_.size()) return std::nullopt;
  if (dataplane::protocol_of(packet) != echo.protocol || icmp[0] != echo.reply || icmp[1] != 0) return std::nullopt;
  if (dataplane::get16(icmp, 4) != identifier_) return std::nullopt;
  if (!std::ranges::equal(icmp.subspan(dataplane::kIcmpHeaderSize), token_)) return std::nullopt;
  ever_answered_ = true;
  losses_ = 0;
  const bool trial = interval_ == Duration{};
  if (trial) next_.reset();
  if (!outstanding_ || dataplane::get16(icmp, 6) != sequence_) return Duration{};
  outstanding_ = false;
  if (trial) return now - sent_;
  const auto full = static_cast<std::uint64_t>(interval_.count());
  next_ = sent_ + Duration(static_cast<std::int64_t>(random_.between(full / 4 * 3, full)));
  return now - sent_;
}

Bytes Keepalive::make_probe() {
  ++sequence_;
  const Echo& echo = echo_of(source_);
  const bool ipv4 = is_mapped(source_);
  Bytes icmp{echo.request, 0, 0, 0, high(identifier_), low(identifier_), high(sequence_), low(sequence_)};
  icmp.insert(icmp.end(), token_.begin(), token_.end());
  dataplane::put16(icmp, dataplane::kIcmpChecksumAt,
                   dataplane::icmp_checksum(is_mapped(source_), source_, destination_, icmp));

  Bytes packet = ipv4 ? dataplane::make_ipv4_packet(unmap(source_), unmap(destination_), echo.protocol, kHopLimit,
                                                    dataplane::kDontFragment, icmp.size())
                      : dataplane::make_ipv6_packet(source_, destination_, echo.protocol, kHopLimit, icmp.size());
  std::ranges::copy(icmp, packet.end() - static_cast<std::ptrdiff_t>(icmp.size()));
  return packet;
}

}  // namespace tsp::client
