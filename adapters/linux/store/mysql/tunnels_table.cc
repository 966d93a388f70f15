// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/tunnels_table.h"

#include "adapters/linux/store/history_trimmer.h"
#include "adapters/linux/store/records.h"

namespace tsp::linux_::mysql {

Result<> TunnelsTable::apply(const PutTunnel& change) {
  const TunnelRecord& t = change.tunnel;
  const auto there = look_at(t);
  if (!there) return std::unexpected(there.error());
  const bool possible = there->is_there ? !there->is_evicted : t.account == kAnonymous || there->account_enabled;
  if (!possible) return std::unexpected(store::tunnel_refused(t.id, there->is_there));
  const store::PrefixColumns delegated(t.delegated);
  return put_.run(t.id, t.account, t.account, t.broker, t.type, t.path.remote.address, t.path.remote.port,
                  t.path.local.address, t.path.local.port, t.inner, delegated.base, delegated.length, t.server_address,
                  t.mtu, t.keepalive_seconds, t.confirmed, t.created);
}

Result<TunnelsTable::Situation> TunnelsTable::look_at(const TunnelRecord& tunnel) {
  auto rows = situation_.query(tunnel.id, tunnel.id, tunnel.account);
  if (!rows) return std::unexpected(rows.error());
  if (const auto found = rows->next(); !found) return std::unexpected(found.error());
  return Situation{
      .is_there = rows->integer(0) == 1, .is_evicted = rows->integer(1) == 1, .account_enabled = rows->integer(2) == 1};
}

Result<> TunnelsTable::apply(const EvictTunnels& change) {
  return evict_.run(change.reason, change.by, change.account, change.by);
}

Result<> TunnelsTable::apply(const EraseTunnel& change) {
  if (auto written = write_history_.run(change.ended, change.reason, change.id); !written) return written;
  return connection_.changed_something() ? erase_.run(change.id) : Result<>();
}

Result<bool> TunnelsTable::forget_history(WallTime ended_before) {
  if (auto done = forget_history_.run(store::HistoryTrimmer::kStep, ended_before); !done) {
    return std::unexpected(done.error());
  }
  return connection_.changed_something();
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

}  // namespace tsp::linux_::mysql
