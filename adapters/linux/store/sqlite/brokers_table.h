// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/linux/store/brokers_table.h"
#include "adapters/linux/store/sqlite/statement.h"

namespace tsp::linux_::sqlite {

class BrokersTable : public store::BrokersTable<Connection, Statement> {
 public:
  explicit BrokersTable(Connection& connection)
      : store::BrokersTable<Connection, Statement>(
            connection, "INSERT INTO brokers (" TSP_BROKER_COLUMNS
                        ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                        " ON CONFLICT (id) DO UPDATE SET addresses = excluded.addresses,"
                        " region = excluded.region, weight = excluded.weight, capacity = excluded.capacity,"
                        " tunnels = excluded.tunnels, state = excluded.state, pools = excluded.pools,"
                        " interval_seconds = excluded.interval_seconds, heard_ns = excluded.heard_ns") {}
};

}  // namespace tsp::linux_::sqlite
