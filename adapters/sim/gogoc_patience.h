// SPDX-License-Identifier: Apache-2.0
//
// How long gogoc 1.2 waits: for an answer, and between two attempts.
#pragma once

#include <cstdint>
#include <optional>

#include <tsp/time.h>

namespace tsp::sim {

// Of one socket. As in Stevens' "UNIX Network Programming", section 22.5, but in whole seconds, and doubled only from
// the fourth timeout on; once it was doubled, each later timeout of the socket doubles it.
class RetransmissionTimer {
 public:
  void begin_message() { transmissions_ = 0; }
  // From one transmission to the next; none: it gives up. Until the server has answered once, it does after three.
  [[nodiscard]] std::optional<Duration> next_pause();
  // After an answer, with its time stamp as the server echoed it: milliseconds, of any message.
  void answered(std::uint32_t now, std::uint32_t echoed);
  [[nodiscard]] bool was_answered() const { return answered_; }

 private:
  void measure(Duration round_trip);

  Duration smoothed_{};
  Duration variation_ = std::chrono::milliseconds(500);
  Duration timeout_ = std::chrono::seconds(2);
  unsigned transmissions_ = 0;
  bool answered_ = false;
  bool backs_off_ = false;
};

// Between attempts: `delay` (retry_delay in gogoc.conf) if no server answered, none if one fell silent. A refusal
// doubles it each time, and a busy server each third time, up to ten times `delay` (retry_delay_max); a tunnel ends
// that.
class RetryDelay {
 public:
  explicit RetryDelay(Duration delay) : delay_(delay) {}

  [[nodiscard]] Duration unreachable() const { return delay_; }
  [[nodiscard]] Duration refused() { return doubled(refusals_++); }
  [[nodiscard]] Duration busy() { return doubled(busy_answers_++ / 3); }
  void succeeded() { refusals_ = busy_answers_ = 0; }

 private:
  [[nodiscard]] Duration doubled(unsigned times) const;

  Duration delay_;
  unsigned refusals_ = 0;  // in a row
  unsigned busy_answers_ = 0;
};

}  // namespace tsp::sim
