// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/event_log.h"

#include <chrono>
#include <utility>

namespace tsp::linux_ {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);

LogLevel level_of(EventCode code) {
  switch (code) {
    case EventCode::StoreLost:
    case EventCode::DatapathFailed:
      return LogLevel::Error;
    case EventCode::EvictionsDamped:
    case EventCode::PoolsOverlap:
    case EventCode::HomeUnavailable:
    case EventCode::LeaseUnrouted:
      return LogLevel::Warning;
    case EventCode::BrokerReady:
    case EventCode::StoreBack:
    case EventCode::SessionRefused:
    case EventCode::AuthenticationFailed:
    case EventCode::OfferRefused:
    case EventCode::TunnelUp:
    case EventCode::TunnelDown:
    case EventCode::Reconciled:
    case EventCode::AccountChanged:
    case EventCode::Draining:
    case EventCode::Drained:
    case EventCode::OtherBroker:
    case EventCode::RequestRefused:
      return LogLevel::Info;
    case EventCode::TunnelConfirmed:
      return LogLevel::Debug;
  }
  std::unreachable();
}

// Whether anybody can cause it, as often as he likes, without an account.
bool is_refusal(EventCode code) {
  switch (code) {
    case EventCode::SessionRefused:
    case EventCode::AuthenticationFailed:
    case EventCode::OfferRefused:
    case EventCode::EvictionsDamped:
    case EventCode::RequestRefused:
      return true;
    case EventCode::BrokerReady:
    case EventCode::StoreLost:
    case EventCode::StoreBack:
    case EventCode::TunnelUp:
    case EventCode::TunnelConfirmed:
    case EventCode::TunnelDown:
    case EventCode::DatapathFailed:
    case EventCode::Reconciled:
    case EventCode::AccountChanged:
    case EventCode::Draining:
    case EventCode::Drained:
    case EventCode::OtherBroker:
    case EventCode::PoolsOverlap:
    case EventCode::HomeUnavailable:
    case EventCode::LeaseUnrouted:
      return false;
  }
  std::unreachable();
}

}  // namespace

void EventLog::record(const Event& event, Instant now) {
  counts_[static_cast<std::size_t>(event.code)].add();
  Minute& minute = minute_of(event.code, now);
  const std::uint32_t lines_max =
      is_refusal(event.code) ? settings_.refusals_per_minute_max : settings_.events_per_minute_max;
  if (minute.written >= lines_max) {
    ++minute.suppressed;
    suppressed_.add();
    return;
  }
  ++minute.written;
  writer_.write(level_of(event.code), line_of(event));
}

std::map<std::string, std::uint64_t> EventLog::counts() const {
  std::map<std::string, std::uint64_t> out;
  for (std::size_t i = 0; i < kEventCodes; ++i) out[std::string(name(static_cast<EventCode>(i)))] = counts_[i].value();
  return out;
}

void EventLog::flush(Instant now) {
  for (Minute& minute : minutes_) {
    if (minute.suppressed > 0 && now - minute.begin >= kMinute) close(minute, now);
  }
}

EventLog::Minute& EventLog::minute_of(EventCode code, Instant now) {
  Minute& minute = minutes_[static_cast<std::size_t>(code)];
  minute.code = code;
  if (now - minute.begin >= kMinute) close(minute, now);
  return minute;
}

void EventLog::close(Minute& minute, Instant now) {
  if (minute.suppressed > 0) {
    writer_.write(
        level_of(minute.code),
        LogLine("lines_suppressed").word("of", std::string(name(minute.code))).number("count", minute.suppressed));
  }
  minute = {minute.code, now, 0, 0};
}

LogLine EventLog::line_of(const Event& event) const {
  LogLine line(name(event.code));
  if (!event.login.empty()) line.text("login", event.login);
  if (event.path) {
    line.word("remote", settings_.client_addresses == ClientAddresses::Hidden ? "hidden" : to_text(event.path->remote));
    line.word("local", to_text(event.path->local));
  }
  if (event.tunnel) line.number("tunnel", event.tunnel->value);
  if (event.inner) line.word("inner", to_unmapped_text(*event.inner));
  if (event.delegated) line.word("delegated", to_text(*event.delegated));
  if (!event.detail.empty()) line.text("detail", event.detail);
  return line;
}

}  // namespace tsp::linux_
