// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/tunnels_table.h"

#include "adapters/linux/store/history_trimmer.h"
#include "adapters/linux/store/records.h"

namespace tsp::linux_::sqlite {
namespace {

Result<> write(Statement& statement, const TunnelRecord& t) {
  const store::PrefixColumns delegated(t.delegated);
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
  return std::unexpected(store::tunnel_refused(tunnel.id, !there->empty()));
}

Result<bool> TunnelsTable::may_have_tunnels(AccountId account) {
  if (account == kAnonymous) return true;
  auto rows = enabled_.query(account);
  if (!rows) return std::unexpected(rows.error());
  const auto found = rows->next();
  if (!found) return std::unexpected(found.error());
  return *found && store::RowReader(*rows).boolean();
}

Result<> TunnelsTable::apply(const EvictTunnels& change) {
  store::SkippedRows unreadable;
  const auto tunnels =
      store::read_all<TunnelRecord>(elsewhere_.query(change.account, change.by), &store::read_tunnel, unreadable);
  if (!tunnels) return std::unexpected(tunnels.error());
  for (const TunnelRecord& tunnel : *tunnels) {
    if (auto evicted = evict_.run(change.reason, change.by, tunnel.id); !evicted) return evicted;
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
  const store::PrefixColumns delegated(t.delegated);
  return write_history_.run(t.id, t.account, t.login, t.broker, t.type, t.path.remote.address, t.path.remote.port,
                            t.path.local.address, t.path.local.port, t.inner, delegated.base, delegated.length,
                            t.created, change.ended, change.reason);
}

Result<bool> TunnelsTable::forget_history(WallTime ended_before) {
  if (auto done = forget_history_.run(store::HistoryTrimmer::kStep, ended_before); !done) {
    return std::unexpected(done.error());
  }
  return connection_.changed_something();
}

Result<std::vector<TunnelRecord>> TunnelsTable::find(TunnelId id) {
  store::SkippedRows unreadable;
  return store::read_all<TunnelRecord>(find_.query(id), &store::read_tunnel, unreadable);
}

Result<std::vector<TunnelRecord>> TunnelsTable::evicted_of_broker(BrokerId broker, store::SkippedRows& skipped) {
  return store::read_all<TunnelRecord>(evicted_.query(broker), &store::read_tunnel, skipped);
}

Result<std::vector<TunnelRecord>> TunnelsTable::of_account(AccountId account, store::SkippedRows& skipped) {
  return store::read_all<TunnelRecord>(of_account_.query(account), &store::read_tunnel, skipped);
}

Result<std::vector<TunnelRecord>> TunnelsTable::of_broker(BrokerId broker, store::SkippedRows& skipped) {
  return store::read_all<TunnelRecord>(of_broker_.query(broker), &store::read_tunnel, skipped);
}

}  // namespace tsp::linux_::sqlite
