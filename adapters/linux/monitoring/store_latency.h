// SPDX-License-Identifier: Apache-2.0
//
// How long the store takes for each kind of order, from its submission to the report that it is done.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>
#include <variant>

#include <tsp/store.h>
#include <tsp/time.h>

namespace tsp::linux_ {

class StoreLatency {
 public:
  static constexpr std::array<double, 13> kBucketSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                            0.25,  0.5,    1,     2.5,  5,     10};
  struct Histogram {
    std::array<std::uint64_t, kBucketSeconds.size() + 1> counts{};  // by the first bucket that holds it; the last: none
    double sum_seconds = 0;
  };
  // In the order of StoreOrder.
  static constexpr auto kOrderNames = std::to_array<std::string_view>(
      {"load", "find_account", "list_accounts", "find_evicted", "commit", "probe", "find_tunnels", "find_api_token",
       "list_api_tokens", "find_console_login", "list_console_logins", "read_audit", "read_history", "list_leases"});
  static_assert(kOrderNames.size() == std::variant_size_v<StoreOrder>);
  using View = std::array<Histogram, kOrderNames.size()>;

  // Each from any thread. An order that was not submitted is not counted.
  void submitted(const StoreOrder& order, Instant at);
  void completed(OpId op, Instant at);
  [[nodiscard]] View view() const;

 private:
  mutable std::mutex mutex_;
  std::map<OpId, std::pair<std::size_t, Instant>> under_way_;  // the kind of the order, and since when
  View view_{};
};

}  // namespace tsp::linux_
