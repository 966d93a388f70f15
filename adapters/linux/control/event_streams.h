// SPDX-License-Identifier: Apache-2.0
//
// Streams of events (text/event-stream of the HTML standard, "server-sent events"): how many there may be, and what is
// written to each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <tsp/address.h>
#include <tsp/time.h>

#include "adapters/linux/control/event_feed.h"
#include "adapters/linux/http/connection_seats.h"
#include "adapters/linux/http/live_body.h"

namespace tsp::linux_ {

class EventStreams : public std::enable_shared_from_this<EventStreams> {
 public:
  struct Options {
    std::uint32_t all_max = 16;
    std::uint32_t per_source_max = 4;  // see base/source.h; whoever is on the control socket only counts among all
    // Names this run of the program: numbers of events begin anew with it.
    std::uint64_t run = 0;
  };
  using Clock = std::function<Instant()>;
  // Whether who opened the stream may still have it. May wait for the core.
  using StillAllowed = std::function<bool()>;
  static constexpr Duration kCheckInterval = std::chrono::seconds(10);

  EventStreams(Options options, std::shared_ptr<EventFeed> feed, Clock clock);

  // From any thread. Null: there are too many. `source`: {} on the control socket. `last_event_id`: what the client
  // knows; empty: it wants what is new from now on.
  [[nodiscard]] std::shared_ptr<LiveBody> open(const IPv6Address& source, const std::string& last_event_id,
                                               StillAllowed still_allowed);

 private:
  class Stream;

  const Options options_;
  std::shared_ptr<EventFeed> feed_;
  Clock clock_;
  ConnectionSeats seats_;
  // Streams are looked at one after the other: if the core does not answer, no more than one thread waits for it.
  std::mutex checking_;
};

}  // namespace tsp::linux_
