// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/guess_limits.h"

#include <algorithm>
#include <chrono>

#include "core/base/source.h"

namespace tsp::linux_ {
namespace {

// Failures of one source: of many people behind one NAT some mistype now and then.
constexpr RateLimit kFailuresPerSource{.per_second = 1, .burst = 20};
constexpr Duration kSourceWait = std::chrono::seconds(1);
constexpr std::uint32_t kDoublingsMax = 6;

}  // namespace

GuessLimits::GuessLimits() : per_source_(kFailuresPerSource, kRemembered) {}

std::optional<Duration> GuessLimits::wait(const std::string& login, const IPv6Address& source, Instant now) {
  const std::uint64_t key = source_key(source);
  const std::lock_guard lock(mutex_);
  if (!per_source_.available(key, now)) return kSourceWait;
  const auto found = failures_.find({login, key});
  if (login.empty() || found == failures_.end() || found->second->next <= now) return std::nullopt;
  return found->second->next - now;
}

void GuessLimits::failed(const std::string& login, const IPv6Address& source, Instant now) {
  const std::uint64_t key = source_key(source);
  const std::lock_guard lock(mutex_);
  static_cast<void>(per_source_.take(key, now));
  if (login.empty()) return;
  const auto [place, is_new] = failures_.try_emplace({login, key});
  if (is_new) {
    place->second = by_age_.insert(by_age_.end(), Failures{.key = place->first, .count = 0, .next = {}});
  } else {
    by_age_.splice(by_age_.end(), by_age_, place->second);
  }
  Failures& failures = *place->second;
  ++failures.count;
  // The first may be a slip of the finger.
  if (failures.count > 1) {
    failures.next = now + std::min(kDelayMin * (1 << std::min(failures.count - 2, kDoublingsMax)), kDelayMax);
  }
  if (failures_.size() <= kRemembered) return;
  failures_.erase(by_age_.front().key);
  by_age_.pop_front();
}

void GuessLimits::succeeded(const std::string& login, const IPv6Address& source) {
  const std::lock_guard lock(mutex_);
  const auto found = failures_.find({login, source_key(source)});
  if (found == failures_.end()) return;
  by_age_.erase(found->second);
  failures_.erase(found);
}

}  // namespace tsp::linux_
