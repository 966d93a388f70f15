// SPDX-License-Identifier: Apache-2.0
#include "core/client/udp_fallback.h"

#include <algorithm>

namespace tsp::client {

void UdpFallback::begin_round(Instant now) {
  type_ = until_ && now < *until_ ? RequestedType::V6UdpV4 : configured_;
}

bool UdpFallback::is_doubtful(const Offer& offer) const {
  if (configured_ != RequestedType::V6AnyV4 || offer.type != TunnelType::V6V4) return false;
  return offer.keepalive_seconds > 0 || !udp_failed_;
}

Duration UdpFallback::protocol_41_is_silent(Instant now) {
  hold_ = std::clamp(hold_ * 2, kHoldMin, kHoldMax);
  until_ = now + hold_;
  udp_works_ = false;
  return hold_;
}

void UdpFallback::confirmed(TunnelType type) {
  if (type == TunnelType::V6UdpV4) {
    udp_works_ = true;
    udp_failed_ = false;
    return;
  }
  hold_ = {};
  until_.reset();
}

void UdpFallback::failed() {
  if (!active() || udp_works_) return;
  udp_failed_ = true;
  until_.reset();
}

void UdpFallback::forget() {
  *this = UdpFallback(configured_);
}

}  // namespace tsp::client
