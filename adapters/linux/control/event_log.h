// SPDX-License-Identifier: Apache-2.0
//
// Writes the core's events, one line each. However many there are, the lines of one event name are bounded per
// minute; what was left out is counted and said.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include <tsp/broker.h>
#include <tsp/time.h>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/control/log.h"
#include "adapters/linux/datapath/counter.h"
#include "core/broker/event_names.h"

namespace tsp::linux_ {

class EventLog {
 public:
  EventLog(const LogSettings& settings, LogWriter& writer) : settings_(settings), writer_(writer) {}

  void record(const Event& event, Instant now);
  // Says what was left out of minutes that are over. To be called every few seconds.
  void flush(Instant now);
  void change(const LogSettings& settings) { settings_ = settings; }

  // Since the start, from any thread: events by name, also those that are left out of the log; and how many those are.
  [[nodiscard]] std::map<std::string, std::uint64_t> counts() const;
  [[nodiscard]] std::uint64_t suppressed() const { return suppressed_.value(); }

 private:
  struct Minute {
    EventCode code{};
    Instant begin;
    std::uint32_t written = 0;
    std::uint64_t suppressed = 0;
  };

  Minute& minute_of(EventCode code, Instant now);
  void close(Minute& minute, Instant now);
  [[nodiscard]] LogLine line_of(const Event& event) const;

  LogSettings settings_;
  LogWriter& writer_;
  std::array<Minute, kEventCodes> minutes_{};
  std::array<Counter, kEventCodes> counts_{};
  Counter suppressed_;
};

}  // namespace tsp::linux_
