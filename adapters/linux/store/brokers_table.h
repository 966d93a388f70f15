// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/records.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::store {

// What the brokers on the store tell of themselves. Databases differ in how a row is put in the place of another.
template <class Connection, class Statement>
class BrokersTable {
 public:
  // `put`: its parameters are the columns in the order of TSP_BROKER_COLUMNS.
  BrokersTable(Connection& connection, const char* put) : connection_(connection), put_(connection, put) {}

  Result<> apply(const PutBroker& change) { return write_broker(put_, change.broker); }
  Result<> apply(const EraseBroker& change) { return erase_.run(change.id); }

  // By their ids.
  Result<std::vector<BrokerRecord>> all(SkippedRows& skipped) {
    return read_all<BrokerRecord>(all_.query(), &read_broker, skipped);
  }

 private:
  Connection& connection_;
  Statement put_;
  Statement erase_{connection_, "DELETE FROM brokers WHERE id = ?"};
  Statement all_{connection_, "SELECT " TSP_BROKER_COLUMNS " FROM brokers ORDER BY id"};
};

}  // namespace tsp::linux_::store
