// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/linux/store/access_tables.h"
#include "adapters/linux/store/lookups.h"
#include "adapters/linux/store/sqlite/accounts_table.h"
#include "adapters/linux/store/sqlite/brokers_table.h"
#include "adapters/linux/store/sqlite/claims_table.h"
#include "adapters/linux/store/sqlite/connection.h"
#include "adapters/linux/store/sqlite/name_servers_table.h"
#include "adapters/linux/store/sqlite/tunnels_table.h"

namespace tsp::linux_::sqlite {

// What orders are carried out on; see store/orders.h.
struct Tables {
  explicit Tables(Connection& connection)
      : accounts(connection),
        claims(connection),
        name_servers(connection),
        tunnels(connection),
        brokers(connection),
        access(connection),
        lookups(connection) {}

  AccountsTable accounts;
  ClaimsTable claims;
  NameServersTable name_servers;
  TunnelsTable tunnels;
  BrokersTable brokers;
  store::AccessTables<Connection, Statement> access;
  store::Lookups<Connection, Statement> lookups;
};

}  // namespace tsp::linux_::sqlite
