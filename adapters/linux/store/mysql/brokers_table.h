// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/linux/store/brokers_table.h"
#include "adapters/linux/store/mysql/statement.h"

namespace tsp::linux_::mysql {

class BrokersTable : public store::BrokersTable<Connection, Statement> {
 public:
  explicit BrokersTable(Connection& connection)
      : store::BrokersTable<Connection, Statement>(
            connection,
            "INSERT INTO brokers (" TSP_BROKER_COLUMNS
            ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON DUPLICATE KEY UPDATE addresses = VALUES(addresses), region = VALUES(region),"
            " weight = VALUES(weight), capacity = VALUES(capacity), tunnels = VALUES(tunnels), state = VALUES(state),"
            " pools = VALUES(pools), interval_seconds = VALUES(interval_seconds), heard_ns = VALUES(heard_ns)") {}
};

}  // namespace tsp::linux_::mysql
