// SPDX-License-Identifier: Apache-2.0
//
// What the control API can tell of the DNS.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp::linux_ {

struct DnsAccountStatus {
  std::string state;  // "pending", "done", "refused"
  std::optional<WallTime> done_at{};
  std::string error{};
};

struct DnsStatus {
  std::string place;
  std::vector<std::string> zones{};
  std::uint64_t done = 0;
  std::uint64_t pending = 0;
  std::uint64_t refused = 0;
  std::string error{};
};

// From any thread; they wait for the daemon's. Empty: nothing is done in the DNS. None: it did not answer in time, or
// the account has no records.
struct DnsCalls {
  std::function<std::optional<DnsAccountStatus>(AccountId)> account{};
  std::function<std::optional<DnsStatus>()> status{};
  std::function<bool()> retry{};  // false: not in time
};

}  // namespace tsp::linux_
