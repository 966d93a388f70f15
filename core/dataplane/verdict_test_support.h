// SPDX-License-Identifier: Apache-2.0
//
// What the tests of check_uplink and check_downlink share, of either version of IP.
#pragma once

#include <gtest/gtest.h>

#include "core/dataplane/packet.h"
#include "core/dataplane/packet_test_makers.h"

namespace tsp::dataplane::test {

inline Bytes packet_between(const IPv6Address& source, const IPv6Address& destination) {
  return make_udp({source, destination}, pattern(100));
}

inline void expect_dropped(const UplinkVerdict& verdict, DropReason reason) {
  EXPECT_EQ(verdict.action, UplinkAction::Drop);
  EXPECT_EQ(name(verdict.reason), name(reason));
  EXPECT_FALSE(verdict.alive);
}

inline void expect_consumed(const UplinkVerdict& verdict, bool alive) {
  EXPECT_EQ(verdict.action, UplinkAction::Consume);
  EXPECT_EQ(name(verdict.reason), name(DropReason::LinkScope));
  EXPECT_EQ(verdict.alive, alive);
}

}  // namespace tsp::dataplane::test
