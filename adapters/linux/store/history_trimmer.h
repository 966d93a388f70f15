// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include <tsp/time.h>

namespace tsp::linux_::store {

// When the history of tunnels is to be shortened, and by what. It is done in small steps between commits, so that
// nobody waits for it. Each step looks at the oldest entries only: those of a broker whose clock was wrong may stay
// longer, but no index is needed for what is done so seldom.
class HistoryTrimmer {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  static constexpr int kStep = 500;  // entries
  static constexpr auto kPause = std::chrono::milliseconds(100);
  static constexpr auto kRest = std::chrono::minutes(1);

  [[nodiscard]] static WallTime now() {
    return {std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
  }

  // 0: history is kept for ever.
  explicit HistoryTrimmer(std::chrono::days kept) : kept_(kept) {}

  // What ended before that is to be forgotten now; none: there is nothing to do yet.
  [[nodiscard]] std::optional<WallTime> due(SteadyTime now, WallTime wall) const {
    if (kept_.count() == 0 || (next_ && now < *next_)) return std::nullopt;
    return wall + -std::chrono::duration_cast<Duration>(kept_);
  }
  // It was done, or could not be done.
  void stepped(SteadyTime now, bool forgot_some) {
    next_ = now + (forgot_some ? SteadyTime::duration(kPause) : SteadyTime::duration(kRest));
  }

  // A step if it is due: `forget` (WallTime -> Result<bool>) forgets what ended before, and says whether that was
  // something. A failure costs disk space until the next attempt, nothing else.
  template <class Forget>
  void step(const Forget& forget) {
    const SteadyTime begun = SteadyTime::clock::now();
    if (const auto ended_before = due(begun, now())) stepped(begun, forget(*ended_before).value_or(false));
  }

 private:
  std::chrono::days kept_;
  std::optional<SteadyTime> next_;
};

}  // namespace tsp::linux_::store
