// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/mysql/statement.h"
#include "adapters/linux/store/records.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::mysql {

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
  // What there is of a tunnel and its account, before the tunnel is put.
  struct Situation {
    bool is_there;
    bool is_evicted;
    bool account_enabled;
  };
  Result<Situation> look_at(const TunnelRecord& tunnel);

  Connection& connection_;
  Statement situation_{connection_,
                       "SELECT (SELECT count(*) FROM tunnels WHERE id = ?),"
                       " (SELECT count(*) FROM tunnels WHERE id = ? AND evicted IS NOT NULL),"
                       " (SELECT count(*) FROM accounts WHERE id = ? AND enabled = 1)"};
  Statement put_{connection_,
                 "INSERT INTO tunnels (id, account, login, broker, type, remote_address, remote_port, local_address,"
                 " local_port, inner_address, delegated_base, delegated_length, server_address, mtu,"
                 " keepalive_seconds, confirmed, created_ns) VALUES (?, ?,"
                 " coalesce((SELECT accounts.login FROM accounts WHERE accounts.id = ?), ''),"
                 " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE account = VALUES(account),"
                 " login = VALUES(login), broker = VALUES(broker), type = VALUES(type),"
                 " remote_address = VALUES(remote_address), remote_port = VALUES(remote_port),"
                 " local_address = VALUES(local_address), local_port = VALUES(local_port),"
                 " inner_address = VALUES(inner_address), delegated_base = VALUES(delegated_base),"
                 " delegated_length = VALUES(delegated_length), server_address = VALUES(server_address),"
                 " mtu = VALUES(mtu), keepalive_seconds = VALUES(keepalive_seconds), confirmed = VALUES(confirmed),"
                 " created_ns = VALUES(created_ns)"};
  Statement evict_{connection_,
                   "UPDATE tunnels SET evicted = ?, evicted_by = ? WHERE account = ? AND account <> 0 AND broker <> ?"
                   " AND evicted IS NULL"};
  Statement erase_{connection_, "DELETE FROM tunnels WHERE id = ?"};
  Statement write_history_{connection_,
                           "INSERT INTO tunnel_history (tunnel, account, login, broker, type, remote_address,"
                           " remote_port, local_address, local_port, inner_address, delegated_base,"
                           " delegated_length, created_ns, ended_ns, reason) SELECT id, account, login, broker, type,"
                           " remote_address, remote_port, local_address, local_port, inner_address, delegated_base,"
                           " delegated_length, created_ns, ?, ? FROM tunnels WHERE id = ?"};
  // MySQL has no LIMIT in the subquery of an IN.
  Statement forget_history_{connection_,
                            "DELETE tunnel_history FROM tunnel_history JOIN"
                            " (SELECT entry FROM tunnel_history ORDER BY entry LIMIT ?) AS oldest"
                            " ON tunnel_history.entry = oldest.entry WHERE tunnel_history.ended_ns < ?"};
  Statement of_broker_{connection_, "SELECT " TSP_TUNNEL_COLUMNS " FROM tunnels WHERE broker = ?"};
  Statement of_account_{connection_, "SELECT " TSP_TUNNEL_COLUMNS " FROM tunnels WHERE account = ? AND account <> 0"};
  Statement evicted_{connection_,
                     "SELECT " TSP_TUNNEL_COLUMNS " FROM tunnels WHERE broker = ? AND evicted IS NOT NULL"};
};

}  // namespace tsp::linux_::mysql
