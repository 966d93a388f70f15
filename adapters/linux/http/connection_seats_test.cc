// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/connection_seats.h"

#include <gtest/gtest.h>

#include <memory>

namespace tsp::linux_ {
namespace connection_seats_test {

using Seat = ConnectionSeats::Seat;

IPv6Address address(const char* text) {
  return *parse_ipv6(text);
}

TEST(ConnectionSeats, ThereAreSoManyInAllAndNoMore) {
  ConnectionSeats seats({.all_max = 2, .per_source_max = 2, .shared_sources = {}});
  auto first = std::make_unique<Seat>(seats, address("2001:db8:1::1"));
  const Seat second(seats, address("2001:db8:2::1"));
  EXPECT_TRUE(first->is_free());
  EXPECT_TRUE(second.is_free());
  EXPECT_FALSE(Seat(seats, address("2001:db8:3::1")).is_free());
  first.reset();
  EXPECT_TRUE(Seat(seats, address("2001:db8:3::1")).is_free());
}

TEST(ConnectionSeats, NobodyKeepsOneForLaterWhenMostAreTaken) {
  ConnectionSeats seats({.all_max = 6, .per_source_max = 4, .shared_sources = {address("2001:db8:9::1")}});
  const Seat first(seats, address("2001:db8:1::1"));
  auto second = std::make_unique<Seat>(seats, address("2001:db8:1::1"));
  EXPECT_TRUE(first.may_stay());
  auto third = std::make_unique<Seat>(seats, address("2001:db8:1::1"));
  EXPECT_FALSE(first.may_stay()) << "its source has three of four";
  third.reset();
  const Seat proxy(seats, address("2001:db8:9::1"));
  EXPECT_TRUE(first.may_stay());
  EXPECT_TRUE(proxy.may_stay());
  const Seat another(seats, address("2001:db8:9::1"));
  EXPECT_FALSE(first.may_stay()) << "four of six are taken";
  EXPECT_FALSE(proxy.may_stay());
  second.reset();
  EXPECT_TRUE(proxy.may_stay());
}

TEST(ConnectionSeats, AddressesOfOneNetworkOfIPv6AreOneSource) {
  ConnectionSeats seats({.all_max = 10, .per_source_max = 1, .shared_sources = {}});
  const Seat first(seats, address("2001:db8::1"));
  EXPECT_FALSE(Seat(seats, address("2001:db8::2")).is_free());
  EXPECT_TRUE(Seat(seats, address("2001:db8:0:1::1")).is_free());
}

TEST(ConnectionSeats, AProxyHasAsManyAsThereAre) {
  const IPv6Address proxy = map_ipv4({{192, 0, 2, 7}});
  ConnectionSeats seats({.all_max = 2, .per_source_max = 1, .shared_sources = {proxy}});
  const Seat first(seats, proxy);
  EXPECT_TRUE(Seat(seats, proxy).is_free());
  const Seat second(seats, proxy);
  EXPECT_FALSE(Seat(seats, proxy).is_free());
}

}  // namespace connection_seats_test
}  // namespace tsp::linux_
