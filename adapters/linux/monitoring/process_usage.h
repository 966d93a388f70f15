// SPDX-License-Identifier: Apache-2.0
//
// What this process takes of the host, as Prometheus' own client libraries tell it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tsp::linux_ {

struct ProcessUsage {
  double cpu_seconds = 0;  // user and system, of all threads
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t descriptors_max = 0;  // RLIMIT_NOFILE

  friend bool operator==(const ProcessUsage&, const ProcessUsage&) = default;
};

// The members that /proc/PID/stat tells (proc(5)); none if it is not such a line. Times in `ticks_per_second`, sizes in
// pages of `page_bytes`.
[[nodiscard]] std::optional<ProcessUsage> parse_process_stat(std::string_view text, std::uint64_t ticks_per_second,
                                                             std::uint64_t page_bytes);
// Of this process; what the host does not tell is 0.
[[nodiscard]] ProcessUsage read_process_usage();

}  // namespace tsp::linux_
