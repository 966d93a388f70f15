// SPDX-License-Identifier: Apache-2.0
//
// Questions of other threads to what lives on a loop.
#pragma once

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace tsp::linux_ {

// What `ask` returns, called on the loop. From any thread but the loop's. None: there was no answer in time, or
// `is_over` says, of which every tenth of a second is asked, that there will be none: a loop may have done its last.
template <class T, class Ask, class IsOver>
std::optional<T> ask_on(asio::io_context& io, std::chrono::milliseconds patience, Ask ask, IsOver is_over) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kLookInterval{100};
  struct Waiting {
    std::mutex mutex;
    std::condition_variable arrived;
    std::optional<T> answer;
  };
  const auto waiting = std::make_shared<Waiting>();
  asio::post(io, [waiting, ask = std::move(ask)] {
    T answer = ask();
    const std::lock_guard lock(waiting->mutex);
    waiting->answer = std::move(answer);
    waiting->arrived.notify_all();
  });
  const auto end = Clock::now() + patience;
  std::unique_lock lock(waiting->mutex);
  while (!waiting->answer && Clock::now() < end && !is_over()) {
    waiting->arrived.wait_until(lock, std::min(Clock::now() + kLookInterval, end));
  }
  return std::move(waiting->answer);
}

}  // namespace tsp::linux_
