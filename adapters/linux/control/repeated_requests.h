// SPDX-License-Identifier: Apache-2.0
//
// A request that makes something can carry an Idempotency-Key: sent again, because its answer was lost, it is answered
// again and not made again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/linux/control/api.h"

namespace tsp::linux_ {

class RepeatedRequests {
 public:
  static constexpr std::size_t kRemembered = 1000;  // answers; the oldest is forgotten first
  static constexpr std::size_t kKeyBytesMax = 255;

  using Serve = std::function<ApiResponse()>;

  // From any thread. `caller`: whose keys are his own. What `serve` answers, or did answer to the same request under
  // this key. What it refuses changed nothing and is not remembered. A key of another request is refused, and so is one
  // whose request is being served.
  [[nodiscard]] ApiResponse answer(const std::string& key, const ApiRequest& request, const std::string& caller,
                                   const Serve& serve);

 private:
  using Digest = std::array<std::uint8_t, 32>;
  struct Entry {
    Digest request{};                       // which may hold a password
    std::optional<ApiResponse> response{};  // none: it is being served
  };

  static Digest digest_of(const ApiRequest& request);
  void settle(const std::string& key, const ApiResponse& response);

  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
  std::deque<std::string> answered_;  // keys, the oldest first
};

}  // namespace tsp::linux_
