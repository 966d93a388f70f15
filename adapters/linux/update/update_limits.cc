// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/update/update_limits.h"

namespace tsp::linux_ {
namespace {

constexpr std::size_t kSourcesMax = 65536;

std::uint64_t key_of(const IPv4Address& source) {
  std::uint64_t key = 0;
  for (const std::uint8_t octet : source.octets) key = key << 8 | octet;
  return key;
}

}  // namespace

UpdateLimits::UpdateLimits(const Options& options)
    : options_(options), requests_(options.requests_per_source, kSourcesMax) {}

UpdateLimits::Seat::Seat(UpdateLimits& limits, const IPv4Address& source) : limits_(limits), source_(source) {
  const std::lock_guard lock(limits_.mutex_);
  of_source_ = ++limits_.connections_[source_];
  of_all_ = ++limits_.all_;
}

UpdateLimits::Seat::~Seat() {
  const std::lock_guard lock(limits_.mutex_);
  const auto count = limits_.connections_.find(source_);
  if (--count->second == 0) limits_.connections_.erase(count);
  --limits_.all_;
}

bool UpdateLimits::Seat::is_free(bool shared) const {
  if (of_all_ > limits_.options_.connections_max) return false;
  return shared || of_source_ <= limits_.options_.connections_per_source_max;
}

bool UpdateLimits::may_ask(const IPv4Address& source, Instant now) {
  const std::lock_guard lock(mutex_);
  return requests_.take(key_of(source), now);
}

}  // namespace tsp::linux_
