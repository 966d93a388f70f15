// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/records.h"
#include "adapters/linux/store/row_reader.h"
#include "adapters/linux/store/sqlite/statement.h"

namespace tsp::linux_::sqlite {

// Live tunnels, and the history of those that have ended.
class TunnelsTable {
 public:
  explicit TunnelsTable(Connection& connection) : connection_(connection) {}

  Result<> apply(const PutTunnel& change);
  Result<> apply(const EvictTunnels& change);
  Result<> apply(const EraseTunnel& change);

  // Of the oldest entries those that ended before then; false: there were none.
  Result<bool> forget_history(WallTime ended_before);

  Result<std::vector<TunnelRecord>> of_broker(BrokerId broker, store::SkippedRows& skipped);
  Result<std::vector<TunnelRecord>> evicted_of_broker(BrokerId broker, store::SkippedRows& skipped);
  Result<std::vector<TunnelRecord>> of_account(AccountId account, store::SkippedRows& skipped);

 private:
  Result<bool> may_have_tunnels(AccountId account);
  Result<std::vector<TunnelRecord>> find(TunnelId id);
  Result<> write_history(const EraseTunnel& change);

  Connection& connection_;
  // Two statements instead of an upsert: SQLite keeps a journal for a statement that may write several rows, and
  // takes time in proportion to the square of their number in one commit.
  Statement insert_{connection_,
                    "INSERT INTO tunnels (id, account, login, broker, type, remote_address, remote_port,"
                    " local_address, local_port, inner_address, delegated_base, delegated_length, server_address, mtu,"
                    " keepalive_seconds, confirmed, created_ns) VALUES (?1, ?2,"
                    " coalesce((SELECT login FROM accounts WHERE id = ?2), ''),"
                    " ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON CONFLICT (id) DO NOTHING"};
  Statement update_{connection_,
                    "UPDATE tunnels SET account = ?2,"
                    " login = coalesce((SELECT accounts.login FROM accounts WHERE accounts.id = ?2), ''),"
                    " broker = ?3, type = ?4, remote_address = ?5, remote_port = ?6, local_address = ?7,"
                    " local_port = ?8, inner_address = ?9, delegated_base = ?10, delegated_length = ?11,"
                    " server_address = ?12, mtu = ?13, keepalive_seconds = ?14, confirmed = ?15, created_ns = ?16"
                    " WHERE id = ?1 AND evicted IS NULL"};
  Statement enabled_{connection_, "SELECT enabled FROM accounts WHERE id = ?"};
  // One by one, for the same reason.
  Statement elsewhere_{connection_, "SELECT " TSP_TUNNEL_COLUMNS
                                    " FROM tunnels WHERE account = ? AND account <> 0 AND broker <> ?"
                                    " AND evicted IS NULL"};
  Statement evict_{connection_, "UPDATE tunnels SET evicted = ?, evicted_by = ? WHERE id = ?"};
  Statement erase_{connection_, "DELETE FROM tunnels WHERE id = ?"};
  Statement write_history_{connection_,
                           "INSERT INTO tunnel_history (tunnel, account, login, broker, type, remote_address,"
                           " remote_port, local_address, local_port, inner_address, delegated_base,"
                           " delegated_length, created_ns, ended_ns, reason)"
                           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
  Statement forget_history_{connection_,
                            "DELETE FROM tunnel_history WHERE entry IN"
                            " (SELECT entry FROM tunnel_history ORDER BY entry LIMIT ?) AND ended_ns < ?"};
  Statement find_{connection_, "SELECT " TSP_TUNNEL_COLUMNS " FROM tunnels WHERE id = ?"};
  Statement of_broker_{connection_, "SELECT " TSP_TUNNEL_COLUMNS " FROM tunnels WHERE broker = ?"};
  Statement of_account_{connection_, "SELECT " TSP_TUNNEL_COLUMNS " FROM tunnels WHERE account = ? AND account <> 0"};
  // The partial index serves.
  Statement evicted_{connection_,
                     "SELECT " TSP_TUNNEL_COLUMNS " FROM tunnels WHERE broker = ? AND evicted IS NOT NULL"};
};

}  // namespace tsp::linux_::sqlite
