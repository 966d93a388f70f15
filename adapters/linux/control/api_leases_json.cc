// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "core/broker/event_names.h"
#include "core/wire/message.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

std::string_view name_of(ClaimState state) {
  switch (state) {
    case ClaimState::Offered:
      return "offered";
    case ClaimState::Held:
      return "held";
    case ClaimState::Quarantined:
      return "quarantined";
  }
  std::unreachable();
}

// What programs that keep numbers as floating point read exactly; there may be more.
std::uint64_t exact(std::uint64_t number) {
  return std::min(number, (std::uint64_t{1} << 53) - 1);
}

// ".25" in nanoseconds; none: it is no fraction.
std::optional<Duration> parse_fraction(std::string_view text) {
  constexpr std::size_t kDigitsMax = 9;
  if (text.empty()) return Duration{};
  if (!text.starts_with('.') || text.size() == 1 || text.size() > kDigitsMax + 1) return std::nullopt;
  std::string digits(text.substr(1));
  digits.resize(kDigitsMax, '0');
  const auto number = parse_number(digits);
  return number ? std::optional(Duration(static_cast<std::int64_t>(*number))) : std::nullopt;
}

}  // namespace

json to_json(const HistoryEntry& entry) {
  const TunnelRecord& tunnel = entry.tunnel;
  return {{"id", tunnel.id.value},
          {"login", tunnel.account == kAnonymous ? json() : json(tunnel.login)},
          {"broker_id", tunnel.broker.value},
          {"type", wire::type_name(tunnel.type)},
          {"remote", tsp::to_text(tunnel.path.remote)},
          {"local", tsp::to_text(tunnel.path.local)},
          {"inner", to_unmapped_text(tunnel.inner)},
          {"delegated", tunnel.delegated ? json(tsp::to_text(*tunnel.delegated)) : json()},
          {"created", to_text(tunnel.created)},
          {"ended", entry.ended ? json(to_text(*entry.ended)) : json()},
          {"reason", entry.reason ? json(name(*entry.reason)) : json()}};
}

json to_json(const PoolView& pool) {
  const PoolLayout& layout = pool.layout;
  const bool has_delegations = !layout.delegations.empty();
  json delegations = json::array();
  for (const IPv6Prefix& block : layout.delegations) delegations.push_back(tsp::to_text(block));
  json prefixes = json::array();
  for (const auto& [length, available] : pool.prefixes_available) {
    const auto next = pool.prefixes_next.find(length);
    prefixes.push_back({{"length", length},
                        {"available", exact(available)},
                        {"next", next == pool.prefixes_next.end() ? json() : json(tsp::to_text(next->second))}});
  }
  return {{"family", is_mapped(layout.prefix) ? "ipv4" : "ipv6"},
          {"prefix", tsp::to_text(layout.prefix)},
          {"server_address", to_unmapped_text(layout.server_address)},
          {"hosts", tsp::to_text(layout.hosts)},
          {"anonymous", layout.anonymous ? json(tsp::to_text(*layout.anonymous)) : json()},
          {"delegations", std::move(delegations)},
          {"claims", pool.claims},
          {"quarantined", pool.quarantined},
          {"hosts_available", exact(pool.hosts_available)},
          {"anonymous_available", exact(pool.anonymous_available)},
          {"prefixes", has_delegations ? std::move(prefixes) : json::array()}};
}

json to_json(const Lease& lease) {
  const Claim& claim = lease.claim;
  const bool is_quarantined = claim.state == ClaimState::Quarantined;
  return {{"prefix", tsp::to_text(claim.prefix)},
          {"login", lease.login.empty() ? json() : json(lease.login)},
          {"state", name_of(claim.state)},
          {"until", is_quarantined ? json(to_text(claim.until)) : json()},
          {"broker_id", claim.broker.value}};
}

std::optional<WallTime> parse_time(std::string_view text) {
  constexpr std::size_t kSecondsEnd = sizeof "2026-02-03T04:05:06" - 1;
  constexpr unsigned kYearMin = 1970;
  constexpr unsigned kYearMax = 2261;  // what nanoseconds in 64 bits reach
  if (text.size() <= kSecondsEnd || !text.ends_with('Z')) return std::nullopt;
  const auto fraction = parse_fraction(text.substr(kSecondsEnd, text.size() - kSecondsEnd - 1));
  const auto part = [&](std::size_t at, std::size_t size, unsigned max) {
    const auto number = parse_number(text.substr(at, size));
    return number && *number <= max ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
  };
  const bool has_marks = text[4] == '-' && text[7] == '-' && text[10] == 'T' && text[13] == ':' && text[16] == ':';
  const auto year = part(0, 4, kYearMax);
  const auto month = part(5, 2, 12);
  const auto day = part(8, 2, 31);
  const auto hour = part(11, 2, 23);
  const auto minute = part(14, 2, 59);
  const auto second = part(17, 2, 60);
  if (!fraction || !has_marks || !year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok() || *year < kYearMin) return std::nullopt;
  return WallTime{std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                  std::chrono::minutes(*minute) + std::chrono::seconds(*second) + *fraction};
}

}  // namespace tsp::linux_
