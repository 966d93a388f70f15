// SPDX-License-Identifier: Apache-2.0
//
// Slows down whoever guesses passwords or tokens. Failures are counted for an account and a source together, so that
// nobody can lock an owner out who comes from elsewhere, and for a source alone, whatever it tries.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <tsp/address.h>
#include <tsp/time.h>

#include "core/base/token_bucket.h"

namespace tsp::linux_ {

class GuessLimits {
 public:
  static constexpr std::size_t kRemembered = 65536;  // pairs of account and source; the oldest is forgotten first
  static constexpr Duration kDelayMin = std::chrono::seconds(1);  // after a second failure; doubled by each further one
  static constexpr Duration kDelayMax = std::chrono::minutes(1);

  GuessLimits();

  // From any thread. How long there is to wait before the next attempt; none: it may be made now. `login` may be empty.
  [[nodiscard]] std::optional<Duration> wait(const std::string& login, const IPv6Address& source, Instant now);
  void failed(const std::string& login, const IPv6Address& source, Instant now);
  void succeeded(const std::string& login, const IPv6Address& source);

 private:
  using Key = std::pair<std::string, std::uint64_t>;
  struct Failures {
    Key key;
    std::uint32_t count = 0;
    Instant next;
  };

  std::mutex mutex_;
  TokenBuckets per_source_;
  std::list<Failures> by_age_;  // front: failed longest ago
  std::map<Key, std::list<Failures>::iterator> failures_;
};

}  // namespace tsp::linux_
