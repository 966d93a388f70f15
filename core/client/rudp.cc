// SPDX-License-Identifier: Apache-2.0
#include "core/client/rudp.h"

#include <algorithm>

#include "core/base/assert.h"

namespace tsp::client {

using std::chrono::milliseconds;

void RttEstimate::measured(std::int64_t rtt_ms) {
  if (!any_) {
    any_ = true;
    smoothed_ms_ = rtt_ms;
    variance_ms_ = rtt_ms / 2;
    return;
  }
  const std::int64_t error_ms = rtt_ms - smoothed_ms_;
  smoothed_ms_ += error_ms / 8;
  variance_ms_ += (std::max(error_ms, -error_ms) - variance_ms_) / 4;
}

std::int64_t RttEstimate::timeout_ms() const {
  return std::clamp(smoothed_ms_ + 4 * variance_ms_, kTimeoutMinMs, kTimeoutMaxMs);
}

Bytes Rudp::send(Instant now, std::string payload) {
  TSP_ASSERT(!flight_);
  flight_ = Flight{.sequence = next_,
                   .payload = std::move(payload),
                   .first_sent = now,
                   .resend_at = now,
                   .timeout_ms = rtt_.timeout_ms()};
  next_ = next_.next();
  return transmit(now);
}

std::optional<std::string_view> Rudp::receive(Instant now, ByteView datagram) {
  if (!flight_) return std::nullopt;
  const auto header = wire::parse_udp_header(datagram);
  if (!header || header->little_endian || header->sequence != flight_->sequence) return std::nullopt;
  // A timestamp that we cannot have written since the first transmission says nothing about the way (C-03).
  const std::uint32_t rtt_ms = timestamp_ms(now) - header->timestamp();
  if (rtt_ms <= timestamp_ms(now) - timestamp_ms(flight_->first_sent)) rtt_.measured(rtt_ms);
  ever_answered_ = true;
  flight_.reset();
  return as_text(datagram.subspan(wire::kUdpHeaderSize));
}

Rudp::Due Rudp::advance(Instant now) {
  if (!flight_) return {};
  if (now >= gives_up_at()) {
    flight_.reset();
    return {.datagram = {}, .gave_up = true};
  }
  if (now < flight_->resend_at) return {};
  flight_->timeout_ms = std::min(flight_->timeout_ms * 2, RttEstimate::kTimeoutMaxMs);
  return {.datagram = transmit(now), .gave_up = false};
}

std::optional<Instant> Rudp::next_deadline() const {
  if (!flight_) return std::nullopt;
  return std::min(flight_->resend_at, gives_up_at());
}

std::uint32_t Rudp::timestamp_ms(Instant at) const {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<milliseconds>(at - start_).count());
}

Bytes Rudp::transmit(Instant now) {
  flight_->resend_at = now + milliseconds(flight_->timeout_ms);
  return wire::with_header(wire::make_udp_header(flight_->sequence, timestamp_ms(now)), flight_->payload);
}

Instant Rudp::gives_up_at() const {
  return flight_->first_sent + (ever_answered_ ? kPatience : kPatienceUnanswered);
}

}  // namespace tsp::client
