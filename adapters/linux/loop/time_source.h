// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <tsp/time.h>

namespace tsp::linux_ {

// What time it is for the core, and when it is to be woken. All on the loop's thread, but now(), which may be asked
// from any.
class TimeSource {
 public:
  virtual ~TimeSource() = default;
  [[nodiscard]] virtual Now now() const = 0;
  // Calls `wake` once, at that time or soon after, never from inside this call. A later call takes its place.
  virtual void wake_at(Instant at, std::function<void()> wake) = 0;
};

// The host's clocks.
class HostTime final : public TimeSource {
 public:
  explicit HostTime(asio::io_context& io) : timer_(io) {}

  [[nodiscard]] Now now() const override;
  void wake_at(Instant at, std::function<void()> wake) override;

 private:
  asio::steady_timer timer_;
};

}  // namespace tsp::linux_
