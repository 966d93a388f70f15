// SPDX-License-Identifier: Apache-2.0
//
// What one thread has counted.
#pragma once

#include <array>

#include "adapters/linux/datapath/counter.h"
#include "adapters/linux/datapath/datapath_counters.h"

namespace tsp::linux_ {

struct WorkerCounters {
  Counter packets_up;
  Counter packets_down;
  Counter bytes_up;
  Counter bytes_down;
  Counter echo_replies;
  Counter icmp_errors;
  Counter outer_errors;
  Counter signalling;
  Counter mss_clamped;
  Counter merged_up;
  Counter segmented_down;
  Counter segmentation_refused;
  std::array<Counter, dataplane::kDropReasons> drops;

  void drop(dataplane::DropReason reason, std::uint64_t packets = 1) {
    drops[static_cast<std::size_t>(reason)].add(packets);
  }
  void add_to(DatapathCounters& sum) const;
};

}  // namespace tsp::linux_
