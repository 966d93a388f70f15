// SPDX-License-Identifier: Apache-2.0
//
// Draining: before maintenance clients are sent to other brokers, and the tunnels that are left live until their
// clients leave. Then, or at a deadline, the broker stops as it does for any StopRequested. A restart knows nothing of
// it.
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/seconds.h"
#include "core/broker/impl.h"
#include "core/tunnel/keepalive.h"

namespace tsp {
namespace {

constexpr Duration kNotice = std::chrono::seconds(1);
constexpr Duration kDeadlineMin = std::chrono::seconds(1);
constexpr Duration kDeadlineMax = std::chrono::hours(24 * 366);
constexpr const char* kStopping = "tspd is stopping";

std::string tunnels_left(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " tunnel" : " tunnels") + " left";
}

}  // namespace

void Broker::Impl::run(RequestId request, const DrainRequest& command) {
  if (stopping_) return fail(request, AdminStatus::Unavailable, kStopping);
  if (command.deadline && (*command.deadline < kDeadlineMin || *command.deadline > kDeadlineMax)) {
    return fail(request, AdminStatus::Invalid, "deadline_seconds: expected 1 to 31622400");
  }
  after_audit(request, [this, request, deadline = command.deadline] { begin_drain(request, deadline); });
}

void Broker::Impl::begin_drain(RequestId request, const std::optional<Duration>& deadline) {
  drain_ = broker::Drain{.end_min = now_.mono + kNotice, .deadline = std::nullopt};
  if (deadline) drain_->deadline = now_.mono + *deadline;
  report(Event{.code = EventCode::Draining,
               .detail = "begun, " + tunnels_left(tunnels_.size()) +
                         (deadline ? ", deadline in " + in_seconds(*deadline) : ", no deadline")});
  announce_soon();
  reply(AdminReply{.request = request, .state = status()});
}

void Broker::Impl::run(RequestId request, const UndrainRequest& /*command*/) {
  if (stopping_) return fail(request, AdminStatus::Unavailable, kStopping);
  after_audit(request, [this, request] {
    if (std::exchange(drain_, std::nullopt)) {
      report(Event{.code = EventCode::Draining, .detail = "cancelled"});
      announce_soon();
    }
    reply(AdminReply{.request = request, .state = status()});
  });
}

// What is known to be recorded in the store belongs to the tunnels as well: none left is certain only when it is
// loaded.
std::optional<Instant> Broker::Impl::drain_end() const {
  if (!drain_ || stopping_) return std::nullopt;
  if (ready_ && tunnels_.size() == 0) return std::min(drain_->end_min, drain_->deadline.value_or(drain_->end_min));
  return drain_->deadline;
}

// A kick makes a client begin anew, when it notices. If this broker were gone by then, nobody would send it on.
void Broker::Impl::await_kicked_client() {
  if (!drain_) return;
  drain_->end_min = std::max(drain_->end_min, now_.mono + tunnel::three_lost(config_->keepalive_seconds_max));
}

void Broker::Impl::end_drain_if_due() {
  const auto end = drain_end();
  if (!end || *end > now_.mono) return;
  const std::size_t left = tunnels_.size();
  report(Event{.code = EventCode::Drained,
               .detail = left == 0 ? "no tunnel is left" : "the deadline has come, " + tunnels_left(left)});
  on(StopRequested{});
}

std::optional<DrainView> Broker::Impl::drain_view() const {
  if (!drain_) return std::nullopt;
  DrainView view{.tunnels = tunnels_.size(), .remaining = std::nullopt};
  if (drain_->deadline) view.remaining = std::max(*drain_->deadline - now_.mono, Duration{});
  return view;
}

}  // namespace tsp
