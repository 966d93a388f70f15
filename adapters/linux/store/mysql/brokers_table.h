// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/mysql/statement.h"
#include "adapters/linux/store/records.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::mysql {

// What the brokers on the store tell of themselves.
class BrokersTable {
 public:
  explicit BrokersTable(Connection& connection) : connection_(connection) {}

  Result<> apply(const PutBroker& change) { return store::write_broker(put_, change.broker); }
  Result<> apply(const EraseBroker& change) { return erase_.run(change.id); }

  // By their ids.
  Result<std::vector<BrokerRecord>> all(store::SkippedRows& skipped) {
    return store::read_all<BrokerRecord>(all_.query(), &store::read_broker, skipped);
  }

 private:
  Connection& connection_;
  Statement put_{
      connection_,
      "INSERT INTO brokers (" TSP_BROKER_COLUMNS
      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
      " ON DUPLICATE KEY UPDATE addresses = VALUES(addresses), region = VALUES(region),"
      " weight = VALUES(weight), capacity = VALUES(capacity), tunnels = VALUES(tunnels), state = VALUES(state),"
      " pools = VALUES(pools), interval_seconds = VALUES(interval_seconds), heard_ns = VALUES(heard_ns)"};
  Statement erase_{connection_, "DELETE FROM brokers WHERE id = ?"};
  Statement all_{connection_, "SELECT " TSP_BROKER_COLUMNS " FROM brokers ORDER BY id"};
};

}  // namespace tsp::linux_::mysql
