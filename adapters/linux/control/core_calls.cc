// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/core_calls.h"

#include <utility>

namespace tsp::linux_ {

std::optional<AdminReply> CoreCalls::call(AdminCommand command, Duration patience, std::optional<Actor> actor) {
  std::unique_lock lock(mutex_);
  if (stopped_) return std::nullopt;
  const RequestId request{++last_request_};
  const auto place = waiting_.emplace(request, std::nullopt).first;
  lock.unlock();
  post_(AdminRequest{.request = request, .command = std::move(command), .actor = std::move(actor)});
  lock.lock();
  changed_.wait_for(lock, patience, [&] { return stopped_ || place->second.has_value(); });
  auto reply = std::move(place->second);
  waiting_.erase(place);
  return reply;
}

void CoreCalls::complete(AdminReply reply) {
  const std::lock_guard lock(mutex_);
  const auto place = waiting_.find(reply.request);
  if (place == waiting_.end()) return;
  place->second = std::move(reply);
  changed_.notify_all();
}

void CoreCalls::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace tsp::linux_
