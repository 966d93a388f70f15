// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/worker_counters.h"

namespace tsp::linux_ {

void WorkerCounters::add_to(DatapathCounters& sum) const {
  sum.packets_up += packets_up.value();
  sum.packets_down += packets_down.value();
  sum.bytes_up += bytes_up.value();
  sum.bytes_down += bytes_down.value();
  sum.echo_replies += echo_replies.value();
  sum.icmp_errors += icmp_errors.value();
  sum.outer_errors += outer_errors.value();
  sum.signalling += signalling.value();
  sum.mss_clamped += mss_clamped.value();
  sum.offloads.merged_up += merged_up.value();
  sum.offloads.segmented_down += segmented_down.value();
  sum.offloads.udp_segment_refused += segmentation_refused.value();
  for (std::size_t i = 0; i < drops.size(); ++i) sum.drops[i] += drops[i].value();
}

}  // namespace tsp::linux_
