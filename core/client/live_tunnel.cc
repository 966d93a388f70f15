// SPDX-License-Identifier: Apache-2.0
#include "core/client/live_tunnel.h"

#include <algorithm>

namespace tsp::client {
namespace {

// At 75 to 85 per cent of the lifetime, which is in minutes (C-28).
std::optional<Instant> renewal_time(const Offer& offer, Random& random, Instant now) {
  if (offer.lifetime_minutes == 0) return std::nullopt;
  const Duration lifetime = std::chrono::minutes(offer.lifetime_minutes);
  return now + lifetime / 1000 * static_cast<std::int64_t>(random.between(750, 850));
}

}  // namespace

bool UnreachableHints::add(Instant now) {
  if (last_ && now - *last_ < std::chrono::seconds(1)) return many();
  last_ = now;
  ++count_;
  return many();
}

LiveTunnel::LiveTunnel(Carrier carrier, ClientSession session, Offer offer, bool doubtful, Random random, Instant now)
    : carrier_(std::move(carrier)),
      session_(std::move(session)),
      offer_(std::move(offer)),
      doubtful_(doubtful),
      up_since_(now),
      renew_at_(renewal_time(offer_, random, now)),
      keepalive_(offer_, doubtful ? Keepalive::Without::Trial : Keepalive::Without::Nothing, random.fork(), now) {}

LiveTunnel::Due LiveTunnel::advance(Instant now) {
  session_.advance(now);
  Keepalive::Due due = keepalive_.advance(now);
  // With many errors seen, one probe without an answer is enough.
  const bool dead = due.dead || (due.lost && hints_.many());
  if (dead) due.probe.reset();
  return {.probe = std::move(due.probe), .keepalive_lost = due.lost, .dead = dead};
}

std::optional<Instant> LiveTunnel::next_deadline() const {
  std::optional<Instant> first;
  for (const auto& deadline : {session_.next_deadline(), keepalive_.next_deadline(), renew_at_}) {
    if (deadline && (!first || *deadline < *first)) first = deadline;
  }
  return first;
}

LiveTunnel::Arrival LiveTunnel::inner_packet(Instant now, ByteView packet) {
  switch (classify_inbound(offer_, packet)) {
    case Inbound::Deliver:
      return {.deliver = true, .round_trip = {}};
    case Inbound::Drop:
      return {};
    case Inbound::Supervisor:
      break;
  }
  const bool first = !keepalive_.ever_answered();
  const auto round_trip = keepalive_.answered(now, packet);
  if (!round_trip) return {.deliver = true, .round_trip = {}};  // the answer to somebody else's ping
  hints_.forget();
  return {.deliver = false, .round_trip = first ? round_trip : std::nullopt};
}

bool LiveTunnel::unreachable(Instant now) {
  if (!hints_.add(now)) return false;
  keepalive_.hurry(now);
  return !keepalive_.enabled();
}

}  // namespace tsp::client
