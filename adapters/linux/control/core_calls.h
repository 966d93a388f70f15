// SPDX-License-Identifier: Apache-2.0
//
// Lets other threads ask the core, which runs on its own, and wait for the answer.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <tsp/broker.h>
#include <tsp/time.h>

namespace tsp::linux_ {

class CoreCalls {
 public:
  // `post` brings the request to the core's thread; it is called from the calling one.
  using Post = std::function<void(AdminRequest)>;

  CoreCalls(Post post, Duration patience) : post_(std::move(post)), patience_(patience) {}

  // From any thread but the core's. None: no answer came in time, or stop() was called.
  // `actor`: see AdminRequest.
  [[nodiscard]] std::optional<AdminReply> call(AdminCommand command, std::optional<Actor> actor = std::nullopt) {
    return call(std::move(command), patience_, std::move(actor));
  }
  [[nodiscard]] std::optional<AdminReply> call(AdminCommand command, Duration patience,
                                               std::optional<Actor> actor = std::nullopt);
  // From the core's thread. An answer that comes too late is dropped.
  void complete(AdminReply reply);
  // Ends all waiting, now and in future.
  void stop();

 private:
  Post post_;
  Duration patience_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<RequestId, std::optional<AdminReply>> waiting_;
  std::uint64_t last_request_ = 0;
  bool stopped_ = false;
};

}  // namespace tsp::linux_
