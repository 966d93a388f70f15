// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/tunnels_table.h"

#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace tsp::linux_::sqlite {
namespace {

Endpoint read_endpoint(RowReader& row) {
  const IPv6Address address = row.address();
  return {address, row.integer<std::uint16_t>()};
}

std::expected<TunnelRecord, std::string> read_tunnel(const Rows& rows) {
  RowReader row(rows);
  TunnelRecord tunnel;
  tunnel.id = row.id<TunnelId>();
  tunnel.account = row.id<AccountId>();
  tunnel.login = row.text();
  tunnel.broker = row.id<BrokerId>();
  tunnel.type = row.enumerator(TunnelType::V6UdpV4, TunnelType::V4V6);
  tunnel.path.remote = read_endpoint(row);
  tunnel.path.local = read_endpoint(row);
  tunnel.inner = row.address();
  tunnel.delegated = row.optional_prefix();
  tunnel.server_address = row.address();
  tunnel.mtu = row.integer<std::uint16_t>();
  tunnel.keepalive_seconds = row.integer<std::uint32_t>();
  tunnel.confirmed = row.boolean();
  tunnel.created = row.time();
  if (row.next_is_null()) {
    row.skip();
  } else {
    tunnel.evicted = row.enumerator(EndReason::Deleted, EndReason::Failed);
  }
  if (auto fault = row.fault("tunnel")) return std::unexpected(std::move(*fault));
  return tunnel;
}

// The two columns of an optional prefix.
struct PrefixColumns {
  explicit PrefixColumns(const std::optional<IPv6Prefix>& prefix) {
    if (!prefix) return;
    base = prefix->base;
    length = prefix->length;
  }

  std::optional<IPv6Address> base;
  std::optional<std::int64_t> length;
};

Result<> write(Statement& statement, const TunnelRecord& t) {
  const PrefixColumns delegated(t.delegated);
  return statement.run(t.id, t.account, t.broker, t.type, t.path.remote.address, t.path.remote.port,
                       t.path.local.address, t.path.local.port, t.inner, delegated.base, delegated.length,
                       t.server_address, t.mtu, t.keepalive_seconds, t.confirmed, t.created);
}

}  // namespace

Result<> TunnelsTable::apply(const PutTunnel& change) {
  const TunnelRecord& tunnel = change.tunnel;
  const auto allowed = may_have_tunnels(tunnel.account);
  if (!allowed) return std::unexpected(allowed.error());
  if (*allowed) {
    if (auto inserted = write(insert_, tunnel); !inserted || connection_.changed_something()) return inserted;
  }
  if (auto updated = write(update_, tunnel); !updated || connection_.changed_something()) return updated;
  const auto there = find(tunnel.id);
  if (!there) return std::unexpected(there.error());
  const std::string name = "tunnel " + std::to_string(tunnel.id.value);
  if (!there->empty()) {
    return std::unexpected(Failure{.status = StoreStatus::Taken, .detail = name + " was evicted by another broker"});
  }
  return std::unexpected(
      Failure{.status = StoreStatus::Missing, .detail = name + " refused: its account is disabled or deleted"});
}

Result<bool> TunnelsTable::may_have_tunnels(AccountId account) {
  if (account == kAnonymous) return true;
  auto rows = enabled_.query(account);
  if (!rows) return std::unexpected(rows.error());
  const auto found = rows->next();
  if (!found) return std::unexpected(found.error());
  return *found && RowReader(*rows).boolean();
}

Result<> TunnelsTable::apply(const EvictTunnels& change) {
  SkippedRows unreadable;
  const auto tunnels = read_all<TunnelRecord>(elsewhere_.query(change.account, change.by), &read_tunnel, unreadable);
  if (!tunnels) return std::unexpected(tunnels.error());
  for (const TunnelRecord& tunnel : *tunnels) {
    if (auto evicted = evict_.run(change.reason, tunnel.id); !evicted) return evicted;
  }
  return {};
}

Result<> TunnelsTable::apply(const EraseTunnel& change) {
  if (auto written = write_history(change); !written) return written;
  return erase_.run(change.id);
}

Result<> TunnelsTable::write_history(const EraseTunnel& change) {
  const auto found = find(change.id);
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return {};
  const TunnelRecord& t = found->front();
  const PrefixColumns delegated(t.delegated);
  return write_history_.run(t.id, t.account, t.login, t.broker, t.type, t.path.remote.address, t.path.remote.port,
                            t.path.local.address, t.path.local.port, t.inner, delegated.base, delegated.length,
                            t.created, change.ended, change.reason);
}

Result<std::vector<TunnelRecord>> TunnelsTable::find(TunnelId id) {
  SkippedRows unreadable;
  return read_all<TunnelRecord>(find_.query(id), &read_tunnel, unreadable);
}

Result<std::vector<TunnelRecord>> TunnelsTable::evicted_of_broker(BrokerId broker, SkippedRows& skipped) {
  return read_all<TunnelRecord>(evicted_.query(broker), &read_tunnel, skipped);
}

Result<std::vector<TunnelRecord>> TunnelsTable::of_broker(BrokerId broker, SkippedRows& skipped) {
  return read_all<TunnelRecord>(of_broker_.query(broker), &read_tunnel, skipped);
}

}  // namespace tsp::linux_::sqlite
