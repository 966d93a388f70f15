// SPDX-License-Identifier: Apache-2.0
//
// The behaviour of every datapath, rule by rule of core/include/tsp/datapath.h and adapters/port/datapath.h. A test
// program includes this once and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(Tun, DatapathContract, testing::Values(&make_tun_harness));
//   INSTANTIATE_TEST_SUITE_P(TunIPv4, IPv4DatapathContract, testing::Values(&make_ipv4_tun_harness));
#pragma once

#include "adapters/port/datapath_contract_downlink.h"
#include "adapters/port/datapath_contract_ipv4.h"
#include "adapters/port/datapath_contract_mss.h"
#include "adapters/port/datapath_contract_orders.h"
#include "adapters/port/datapath_contract_uplink.h"
