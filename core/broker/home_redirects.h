// SPDX-License-Identifier: Apache-2.0
//
// Accounts that are sent to their home and come back: their client does not follow redirects, or gets no answer there.
// Whoever has come back often enough is to be served where it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <utility>

#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp::broker {

class HomeRedirects {
 public:
  // Whether the account may be sent there once more, which counts: `times_max` times with no more than ten minutes
  // between two (old clients wait for 30 s, and for five minutes at most), and again when it has stayed away longer.
  [[nodiscard]] bool take(AccountId account, std::uint32_t times_max, Instant now);
  // Accounts that are remembered.
  [[nodiscard]] std::size_t size() const { return visits_.size(); }

 private:
  struct Visits {
    std::uint32_t redirects = 0;
    Instant last;
  };
  void forget(Instant now);

  std::map<AccountId, Visits> visits_;
  std::deque<std::pair<Instant, AccountId>> by_time_;  // of each visit, the oldest first
};

}  // namespace tsp::broker
