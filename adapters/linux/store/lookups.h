// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/records.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/port/claim_rules.h"

namespace tsp::linux_::store {

// What operators ask for: who has an address or a prefix, and who had it. The statements are those that every database
// understands, and each of them is served by an index; what lies around a prefix is looked for length by length.
template <class Connection, class Statement>
class Lookups {
 public:
  explicit Lookups(Connection& connection) : connection_(connection) {}

  Result<std::vector<HistoryEntry>> history(const ReadHistory& wanted, SkippedRows& skipped) {
    auto ended = ended_tunnels(wanted, skipped);
    if (!ended || wanted.before || !(wanted.range || wanted.login)) return ended;
    auto all = live_tunnels(wanted, skipped);
    if (all) std::ranges::move(*ended, std::back_inserter(*all));
    return all;
  }

  Result<std::vector<Lease>> leases(const ListLeases& wanted, SkippedRows& skipped) {
    const IPv6Prefix range = wanted.range.value_or(IPv6Prefix{});
    // Nothing is before "::/0", which is no lease.
    const IPv6Prefix after = wanted.after.value_or(IPv6Prefix{});
    std::vector<Lease> found;
    const auto add = [&](auto rows) { return append<Lease>(std::move(rows), &read_lease, skipped, found); };
    const IPv6Address last = port::last_address(range);
    Result<> read =
        add(inside_.query(std::max(range.base, after.base), last, after.base, after.base, after.length, wanted.limit));
    for (const IPv6Prefix& outer : around(range)) {
      if (read && outer > after) read = add(exact_.query(outer.base, outer.length));
    }
    if (!read) return std::unexpected(read.error());
    keep_first(found, wanted.limit, [](const Lease& lease) { return lease.claim.prefix; }, std::ranges::less());
    return found;
  }

 private:
  static constexpr std::int64_t kAlways = std::numeric_limits<std::int64_t>::max();
  static constexpr std::size_t kLiveMax = 1000;

  // What a statement on the history needs beside a place: all behind "entry < ?".
  struct Bounds {
    explicit Bounds(const ReadHistory& wanted)
        : before(std::min(wanted.before.value_or(std::uint64_t{kAlways}), std::uint64_t{kAlways})),
          begun(wanted.at.value_or(WallTime{Duration::max()})),
          ended_after(wanted.at.value_or(WallTime{Duration::min()})),
          any_login(!wanted.login),
          login(wanted.login.value_or("")),
          limit(wanted.limit) {}

    std::uint64_t before;
    WallTime begun;
    WallTime ended_after;
    bool any_login;
    std::string login;
    std::uint32_t limit;
  };
  template <class... Place>
  static auto ask(Statement& statement, const Bounds& bounds, const Place&... place) {
    return statement.query(place..., bounds.before, bounds.begun, bounds.ended_after, bounds.any_login, bounds.login,
                           bounds.limit);
  }

  // The prefixes that can be delegated and have this one in them, and are longer than it.
  static std::vector<IPv6Prefix> around(const IPv6Prefix& range) {
    std::vector<IPv6Prefix> all;
    if (range.length == 0) return all;
    const DelegatedLengths lengths = delegated_lengths(range);
    for (unsigned length = lengths.shortest; length <= lengths.longest && length < range.length; ++length) {
      all.push_back(make_prefix(range.base, length));
    }
    return all;
  }

  template <class T, class Rows, class Read>
  static Result<> append(Rows rows, Read read, SkippedRows& skipped, std::vector<T>& place) {
    auto more = read_all<T>(std::move(rows), read, skipped);
    if (!more) return std::unexpected(more.error());
    std::ranges::move(*more, std::back_inserter(place));
    return {};
  }

  // What several statements found, each once.
  template <class T, class Key, class Less>
  static void keep_first(std::vector<T>& found, std::size_t limit, Key key, Less less) {
    std::ranges::sort(found, less, key);
    const auto same = std::ranges::unique(found, {}, key);
    found.erase(same.begin(), same.end());
    if (found.size() > limit) found.resize(limit);
  }

  Result<std::vector<HistoryEntry>> ended_tunnels(const ReadHistory& wanted, SkippedRows& skipped) {
    const Bounds bounds(wanted);
    std::vector<HistoryEntry> found;
    const auto add = [&](auto rows) {
      return append<HistoryEntry>(std::move(rows), &read_history_entry, skipped, found);
    };
    Result<> read;
    if (!wanted.range) {
      read = add(wanted.login ? ask(by_login_, bounds, bounds.login) : ask(latest_, bounds));
    } else {
      const IPv6Address& base = wanted.range->base;
      const IPv6Address last = port::last_address(*wanted.range);
      read = add(ask(by_inner_, bounds, base, last));
      if (read) read = add(ask(by_delegated_, bounds, base, last));
      for (const IPv6Prefix& outer : around(*wanted.range)) {
        if (read) read = add(ask(by_outer_, bounds, outer.base, outer.length));
      }
    }
    if (!read) return std::unexpected(read.error());
    keep_first(found, wanted.limit, &HistoryEntry::entry, std::ranges::greater());
    return found;
  }

  // They are few enough to be looked through.
  Result<std::vector<HistoryEntry>> live_tunnels(const ReadHistory& wanted, SkippedRows& skipped) {
    const Bounds bounds(wanted);
    const IPv6Prefix range = wanted.range.value_or(IPv6Prefix{});
    const std::vector<IPv6Prefix> outer = around(range);
    const IPv6Address first = outer.empty() ? range.base : outer.front().base;
    const IPv6Address last = port::last_address(range);
    const auto tunnels =
        read_all<TunnelRecord>(live_.query(bounds.begun, bounds.any_login, bounds.login, range.base, last, first, last),
                               &read_tunnel, skipped);
    if (!tunnels) return std::unexpected(tunnels.error());
    std::vector<HistoryEntry> found;
    for (const TunnelRecord& tunnel : *tunnels) {
      const bool in_range = range.contains(tunnel.inner) || (tunnel.delegated && tunnel.delegated->overlaps(range));
      if (in_range && found.size() < kLiveMax) found.push_back({.tunnel = tunnel});
    }
    return found;
  }

// Macros, to stand between the other words of a statement.
#define TSP_FROM_HISTORY "SELECT " TSP_HISTORY_COLUMNS " FROM tunnel_history WHERE "
#define TSP_HISTORY_FILTER "created_ns <= ? AND ended_ns > ? AND (? = 1 OR login = ?) "
// With "+ 0" no database takes the index of entries, which has them in the right order, for the better one.
#define TSP_HISTORY_BOUNDS "entry + 0 < ? AND " TSP_HISTORY_FILTER "ORDER BY entry + 0 DESC LIMIT ?"
#define TSP_FROM_CLAIMS                                        \
  "SELECT base, length, last, owner, state, until_ns, broker," \
  " (SELECT accounts.login FROM accounts WHERE accounts.id = claims.owner) FROM claims WHERE "

  Connection& connection_;
  Statement latest_{connection_, TSP_FROM_HISTORY "entry < ? AND " TSP_HISTORY_FILTER "ORDER BY entry DESC LIMIT ?"};
  Statement by_login_{connection_, TSP_FROM_HISTORY "login = ? AND " TSP_HISTORY_BOUNDS};
  Statement by_inner_{connection_,
                      TSP_FROM_HISTORY "inner_address >= ? AND inner_address <= ? AND " TSP_HISTORY_BOUNDS};
  Statement by_delegated_{connection_,
                          TSP_FROM_HISTORY "delegated_base >= ? AND delegated_base <= ? AND " TSP_HISTORY_BOUNDS};
  Statement by_outer_{connection_,
                      TSP_FROM_HISTORY "delegated_base = ? AND delegated_length = ? AND " TSP_HISTORY_BOUNDS};
  Statement live_{connection_, "SELECT " TSP_TUNNEL_COLUMNS
                               " FROM tunnels WHERE created_ns <= ? AND (? = 1 OR login = ?)"
                               " AND ((inner_address >= ? AND inner_address <= ?)"
                               " OR (delegated_base >= ? AND delegated_base <= ?)) ORDER BY id"};
  Statement inside_{
      connection_, TSP_FROM_CLAIMS
      "base >= ? AND base <= ? AND (base > ? OR (base = ? AND length > ?)) ORDER BY base, length LIMIT ?"};
  Statement exact_{connection_, TSP_FROM_CLAIMS "base = ? AND length = ?"};
#undef TSP_FROM_HISTORY
#undef TSP_HISTORY_FILTER
#undef TSP_HISTORY_BOUNDS
#undef TSP_FROM_CLAIMS
};

}  // namespace tsp::linux_::store
