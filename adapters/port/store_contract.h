// SPDX-License-Identifier: Apache-2.0
//
// The behaviour of every store, rule by rule of core/include/tsp/store.h and adapters/port/store.h. A test program
// includes this once and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&make_sqlite_harness));
#pragma once

#include "adapters/port/store_contract_access.h"
#include "adapters/port/store_contract_accounts.h"
#include "adapters/port/store_contract_brokers.h"
#include "adapters/port/store_contract_claims.h"
#include "adapters/port/store_contract_commits.h"
#include "adapters/port/store_contract_lookups.h"
#include "adapters/port/store_contract_tunnels.h"
