// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <tsp/types.h>

namespace tsp::linux_::store {

// Orders on their way to a worker thread. Of those over the limit only the OpId is kept, so that the worker can refuse
// them: nothing is reported from inside submit().
template <class Order>
class BoundedQueue {
 public:
  struct Batch {
    std::vector<Order> orders;
    std::vector<OpId> refused;
  };

  explicit BoundedQueue(std::size_t limit) : limit_(limit) {}

  void push(Order order) {
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.orders.size() < limit_) {
        waiting_.orders.push_back(std::move(order));
      } else {
        waiting_.refused.push_back(std::visit([](const auto& o) { return o.op; }, order));
      }
    }
    changed_.notify_one();
  }

  // Everything that waits, nothing if nothing comes for so long. None: closed, and everything has been taken.
  std::optional<Batch> take_all(std::chrono::milliseconds patience) {
    const auto some_wait = [this] { return !waiting_.orders.empty() || !waiting_.refused.empty(); };
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return closed_ || some_wait(); });
    if (closed_ && !some_wait()) return std::nullopt;
    return std::exchange(waiting_, {});
  }

  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    changed_.notify_one();
  }

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Batch waiting_;
  bool closed_ = false;
};

}  // namespace tsp::linux_::store
