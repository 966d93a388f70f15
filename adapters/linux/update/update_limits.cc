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

UpdateLimits::UpdateLimits(const RateLimit& requests_per_source) : requests_(requests_per_source, kSourcesMax) {}

bool UpdateLimits::may_ask(const IPv4Address& source, Instant now) {
  const std::lock_guard lock(mutex_);
  return requests_.take(key_of(source), now);
}

}  // namespace tsp::linux_
