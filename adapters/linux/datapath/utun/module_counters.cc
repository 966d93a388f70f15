// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/module_counters.h"

namespace tsp::linux_::utun {
namespace {

// sum + of - less, in all that the module counts.
DatapathCounters balance(DatapathCounters sum, const DatapathCounters& of, const DatapathCounters& less) {
  constexpr std::array kCounted{&DatapathCounters::packets_up,   &DatapathCounters::packets_down,
                                &DatapathCounters::bytes_up,     &DatapathCounters::bytes_down,
                                &DatapathCounters::echo_replies, &DatapathCounters::icmp_errors,
                                &DatapathCounters::outer_errors, &DatapathCounters::mss_clamped};
  for (const auto counter : kCounted) sum.*counter += of.*counter - less.*counter;
  for (std::size_t i = 0; i < sum.drops.size(); ++i) sum.drops[i] += of.drops[i] - less.drops[i];
  return sum;
}

}  // namespace

void ModuleCounters::aim(const Target& target) {
  const std::lock_guard lock(mutex_);
  before_ = balance(before_, last_, start_);
  start_ = {};
  last_ = {};
  target_ = target;
  look();
  start_ = last_;
}

DatapathCounters ModuleCounters::read() {
  const std::lock_guard lock(mutex_);
  look();
  return balance(before_, last_, start_);
}

void ModuleCounters::look() {
  if (!target_) return;
  const NetlinkAnswer answer = requester_.exchange(get_device(*target_));
  const auto counters = answer.error == 0 ? read_counters(answer.message) : std::nullopt;
  if (counters) last_ = *counters;
}

}  // namespace tsp::linux_::utun
