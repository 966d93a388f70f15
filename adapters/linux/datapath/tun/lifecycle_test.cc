// SPDX-License-Identifier: Apache-2.0
//
// Opening, closing, and opening again after an unclean end.
#include <gmock/gmock.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>

#include "adapters/linux/datapath/tun/test_world.h"
#include "adapters/linux/datapath/tun/tun_device.h"
#include "adapters/linux/net/outer_socket.h"
#include "adapters/linux/netlink/address.h"
#include "adapters/linux/netlink/link.h"
#include "adapters/linux/netlink/route.h"

namespace tsp::linux_::test {
namespace lifecycle_test {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class LifecycleTest : public RoutedTunWorldTest {
 protected:
  std::optional<LinkState> device(const std::string& name = "tsp0") {
    const auto found = find_link(*netlink_, name);
    EXPECT_TRUE(found);
    return found ? *found : std::nullopt;
  }
  std::string error_of_open(const TunOptions& options = default_options()) {
    const auto opened = try_open(options);
    return opened ? "no error" : opened.error();
  }
  static void set_device_up(bool up) {
    const FileDescriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "tsp0");
    ASSERT_EQ(ioctl(any.get(), SIOCGIFFLAGS, &request), 0);
    const int others = request.ifr_flags & ~IFF_UP;
    request.ifr_flags = static_cast<short>(up ? others | IFF_UP : others);
    ASSERT_EQ(ioctl(any.get(), SIOCSIFFLAGS, &request), 0);
  }
  void expect_nothing_left() {
    EXPECT_FALSE(device());
    EXPECT_THAT(routes(), IsEmpty());
    EXPECT_THAT(routes(RouteFamily::IPv4), IsEmpty());
    EXPECT_TRUE(check_port_free(make_endpoint({}, 3653)));
  }
  // A device that survives its process, as a predecessor may have made it.
  void leave_device_behind(const IPv6Prefix& routed, const IPv6Address& own) {
    auto left = TunDevice::open("tsp0", 1, true);
    ASSERT_TRUE(left) << left.error();
    ASSERT_EQ(ioctl(left->queues.front().get(), TUNSETPERSIST, 1), 0);
    ASSERT_TRUE(bring_up(*netlink_, "tsp0", 1300, 100));
    ASSERT_TRUE(add_address(*netlink_, device()->index, own));
    ASSERT_TRUE(add_device_route(*netlink_, routed, device()->index));
  }
};

TEST_F(LifecycleTest, OpeningBringsUpDeviceAddressAndRoutes) {
  open();

  ASSERT_TRUE(device());
  EXPECT_TRUE(device()->up);
  EXPECT_THAT(*list_addresses(*netlink_, device()->index), ElementsAre(DeviceAddress{.address = kServer}))
      << "and no link-local address, so that the kernel can send no redirects";
  const auto kind = [](const Route& route) { return std::pair(route.kind, route.destination); };
  std::vector<std::pair<RouteKind, IPv6Prefix>> kinds;
  for (const Route& route : routes()) kinds.push_back(kind(route));
  EXPECT_THAT(kinds, UnorderedElementsAre(std::pair(RouteKind::Forward, default_options().pool),
                                          std::pair(RouteKind::Unreachable, default_options().pool)));
}

TEST_F(LifecycleTest, ClosingLeavesNothingBehind) {
  open();

  datapath_.reset();

  expect_nothing_left();
}

TEST_F(LifecycleTest, ClosingWhileTrafficFlowsAndReportsWaitIsClean) {
  TunOptions options = default_options();
  options.workers = 3;
  open(options);
  const TestClient client(client_endpoint(1), broker_endpoint());
  for (int i = 0; i < 200; ++i) client.send(Bytes(100, 0xF0));
  datapath_->submit(ListTunnels{.op = {1}});

  datapath_.reset();
  io_.restart();
  io_.poll();

  EXPECT_THAT(reports_, IsEmpty()) << "nothing is reported after the end";
  expect_nothing_left();
}

TEST_F(LifecycleTest, ADiscardRouteThatWasLeftBehindIsTakenOver) {
  ASSERT_TRUE(add_unreachable_route(*netlink_, default_options().pool));

  open();
  datapath_.reset();

  expect_nothing_left();
}

TEST_F(LifecycleTest, ADiscardRouteOfAPredecessorWithAnotherPoolIsRemoved) {
  ASSERT_TRUE(add_unreachable_route(*netlink_, prefix("2001:db8:1:8000::/49")));
  ASSERT_TRUE(add_unreachable_route(*netlink_, prefix("2001:db8:77::/48")));

  open();

  EXPECT_EQ(routes().size(), 2U);
}

TEST_F(LifecycleTest, ADeviceThatWasLeftBehindIsTakenOver) {
  leave_device_behind(prefix("2001:db8:55::/48"), address("2001:db8:55::1"));

  open();

  EXPECT_THAT(*list_addresses(*netlink_, device()->index), ElementsAre(DeviceAddress{.address = kServer}));
  for (const Route& route : routes()) EXPECT_EQ(route.destination, default_options().pool);
  datapath_.reset();
  expect_nothing_left();
}

TEST_F(LifecycleTest, ADeviceThatWasLeftBehindWithAllItsRoutesIsTakenOver) {
  leave_device_behind(default_options().pool, kServer);
  ASSERT_TRUE(add_unreachable_route(*netlink_, default_options().pool));

  open();

  EXPECT_EQ(routes().size(), 2U);
  datapath_.reset();
  expect_nothing_left();
}

TEST_F(LifecycleTest, ADeviceThatWasLeftBehindWithTheRoutesOfAnotherPoolIsTakenOver) {
  leave_device_behind(prefix("2001:db8:55::/48"), address("2001:db8:55::1"));
  ASSERT_TRUE(add_unreachable_route(*netlink_, prefix("2001:db8:55::/48")));

  open();

  EXPECT_EQ(routes().size(), 2U);
  for (const Route& route : routes()) EXPECT_EQ(route.destination, default_options().pool);
}

// A routing daemon has put it there: the lease is at another broker at present.
TEST_F(LifecycleTest, ARouteToALeaseThatLivesAtAnotherBrokerIsInNobodysWay) {
  const int other = make_device_pair(*netlink_, "net0", "peer0");
  ASSERT_TRUE(add_device_route(*netlink_, prefix("2001:db8:1:4000::/56"), other));
  TunOptions options = default_options();
  options.leases.other_pools = {prefix("2001:db8:2::/48")};

  open(options);

  EXPECT_TRUE(device());
}

TEST_F(LifecycleTest, ARouteToThePoolThatIsNotOursIsNamed) {
  const int other = make_device_pair(*netlink_, "net0", "peer0");
  ASSERT_TRUE(add_device_route(*netlink_, prefix("2001:db8:1:4000::/52"), other));

  EXPECT_THAT(error_of_open(), AllOf(HasSubstr("2001:db8:1:4000::/52"), HasSubstr("net0")));
  EXPECT_FALSE(device());
}

TEST_F(LifecycleTest, ARouteToMoreThanThePoolIsInNobodysWay) {
  const int other = make_device_pair(*netlink_, "net0", "peer0");
  ASSERT_TRUE(add_device_route(*netlink_, prefix("2001:db8::/32"), other));
  ASSERT_TRUE(add_device_route(*netlink_, {}, other));

  EXPECT_EQ(error_of_open(), "no error");
}

TEST_F(LifecycleTest, AnotherBrokerWithAnotherPoolIsLeftAlone) {
  open();
  const std::vector<Route> before = routes();
  TunOptions other = default_options();
  other.device = "tsp1";
  other.pool = prefix("2001:db8:2::/48");
  other.server_address = address("2001:db8:2::1");
  other.listen = {make_endpoint({}, 3654)};

  EXPECT_EQ(error_of_open(other), "no error");

  EXPECT_EQ(routes(), before);
}

TEST_F(LifecycleTest, ASecondBrokerOnTheSamePortIsToldSo) {
  open();
  TunOptions other = default_options();
  other.device = "tsp1";
  other.pool = prefix("2001:db8:2::/48");

  EXPECT_THAT(error_of_open(other), AllOf(HasSubstr("0.0.0.0:3653"), HasSubstr("in use")));
  EXPECT_FALSE(device("tsp1"));
}

TEST_F(LifecycleTest, ASecondBrokerOnTheSameDeviceIsToldSo) {
  open();
  TunOptions other = default_options();
  other.pool = prefix("2001:db8:2::/48");
  other.listen = {make_endpoint({}, 3654)};

  EXPECT_THAT(error_of_open(other), HasSubstr("device tsp0 is in use"));
}

TEST_F(LifecycleTest, ANameThatBelongsToAnotherKindOfDeviceIsRefused) {
  ASSERT_NE(make_device_pair(*netlink_, "tsp0", "peer0"), 0);

  EXPECT_THAT(error_of_open(), AllOf(HasSubstr("tsp0"), HasSubstr("no TUN device")));
  EXPECT_EQ(device()->kind, "veth") << "it was not touched";
}

TEST_F(LifecycleTest, WhatANetworkManagerRemovesIsPutBack) {
  open();
  const std::vector<Route> before = routes();
  for (const Route& route : before) ASSERT_TRUE(remove_route(*netlink_, route));
  ASSERT_TRUE(remove_address(*netlink_, device()->index, {.address = kServer}));

  EXPECT_TRUE(wait_for([&] { return datapath_->counters().routing_repairs > 0; }));

  EXPECT_EQ(routes(), before);
  EXPECT_THAT(*list_addresses(*netlink_, device()->index), ElementsAre(DeviceAddress{.address = kServer}));
}

TEST_F(LifecycleTest, ADeviceThatComesUpAgainGetsItsAddressAndRouteBack) {
  open();
  const std::vector<Route> before = routes();
  set_device_up(false);
  ASSERT_LT(routes().size(), before.size());

  set_device_up(true);

  EXPECT_TRUE(wait_for([&] { return datapath_->counters().routing_repairs > 0; }));
  EXPECT_EQ(routes(), before);
}

TEST_F(LifecycleTest, ADeviceThatWasTakenDownStaysDown) {
  open();

  set_device_up(false);
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
  ASSERT_TRUE(wait_for([&] { return std::chrono::steady_clock::now() > later; }));

  EXPECT_FALSE(device()->up);
  EXPECT_EQ(datapath_->counters().routing_repairs, 0U);
}

TEST_F(LifecycleTest, AnAddressThatTheHostDoesNotHaveIsNamed) {
  TunOptions options = default_options();
  options.listen = {make_endpoint({{192, 0, 2, 1}}, 3653)};

  EXPECT_THAT(error_of_open(options), AllOf(HasSubstr("192.0.2.1:3653"), HasSubstr("does not have this address")));
  expect_nothing_left();
}

TEST_F(LifecycleTest, ImpossibleOptionsAreNamed) {
  TunOptions options = default_options();
  options.device = "a-name-that-is-too-long";
  EXPECT_THAT(error_of_open(options), HasSubstr("a-name-that-is-too-long"));
  options = default_options();
  options.workers = 0;
  EXPECT_THAT(error_of_open(options), HasSubstr("workers"));
  options = default_options();
  options.listen = {};
  EXPECT_THAT(error_of_open(options), HasSubstr("listen"));
}

// ---- with IPv4 inside IPv6 ------------------------------------------------------------------------------------

class IPv4LifecycleTest : public LifecycleTest {
 protected:
  std::vector<DeviceAddress> addresses() { return *list_addresses(*netlink_, device()->index); }
};

TEST_F(IPv4LifecycleTest, BothPoolsAreRoutedToTheDeviceAndNothingIsLeft) {
  open(ipv4_options());

  EXPECT_THAT(addresses(), UnorderedElementsAre(DeviceAddress{.address = kServer},
                                                DeviceAddress{.address = kIPv4Pool.server_address}));
  EXPECT_EQ(routes().size(), 2U);
  ASSERT_EQ(routes(RouteFamily::IPv4).size(), 2U);
  for (const Route& route : routes(RouteFamily::IPv4)) EXPECT_EQ(route.destination, kIPv4Pool.prefix);

  datapath_.reset();
  expect_nothing_left();
}

TEST_F(IPv4LifecycleTest, WhatANetworkManagerRemovesIsPutBack) {
  open(ipv4_options());
  const std::vector<Route> before = routes(RouteFamily::IPv4);
  for (const Route& route : before) ASSERT_TRUE(remove_route(*netlink_, route));
  ASSERT_TRUE(remove_address(*netlink_, device()->index, {.address = kIPv4Pool.server_address}));

  EXPECT_TRUE(wait_for([&] { return datapath_->counters().routing_repairs > 0; }));

  EXPECT_THAT(routes(RouteFamily::IPv4), testing::UnorderedElementsAreArray(before));
  EXPECT_EQ(addresses().size(), 2U);
}

TEST_F(IPv4LifecycleTest, ADeviceThatComesUpAgainGetsItsRouteBack) {
  open(ipv4_options());
  const std::vector<Route> before = routes(RouteFamily::IPv4);
  set_device_up(false);
  ASSERT_LT(routes(RouteFamily::IPv4).size(), before.size());

  set_device_up(true);

  EXPECT_TRUE(wait_for([&] { return routes(RouteFamily::IPv4).size() == before.size(); }));
}

TEST_F(IPv4LifecycleTest, WhatAPredecessorLeftOfIPv4IsRemovedWhereItIsNotServedAnyMore) {
  ASSERT_TRUE(add_unreachable_route(*netlink_, kIPv4Pool.prefix));
  leave_device_behind(default_options().pool, kIPv4Pool.server_address);

  open();

  EXPECT_THAT(addresses(), ElementsAre(DeviceAddress{.address = kServer}));
  EXPECT_THAT(routes(RouteFamily::IPv4), IsEmpty());
}

TEST_F(IPv4LifecycleTest, ARouteToThePoolThatIsNotOursIsNamed) {
  const int other = make_device_pair(*netlink_, "net0", "peer0");
  ASSERT_TRUE(add_device_route(*netlink_, *parse_ipv4_prefix("10.65.0.0/16"), other));

  EXPECT_THAT(error_of_open(ipv4_options()), AllOf(HasSubstr("10.65.0.0/16"), HasSubstr("net0")));
}

TEST_F(IPv4LifecycleTest, WithoutAnIPv6AddressToListenOnItIsRefused) {
  TunOptions options = ipv4_options();
  options.listen = {make_endpoint({}, 3653)};
  EXPECT_THAT(error_of_open(options), HasSubstr("v4v6"));
}

TEST_F(IPv4LifecycleTest, AnAddressThatTheHostDoesNotHaveIsNamed) {
  TunOptions options = ipv4_options();
  options.listen = {Endpoint{address("2001:db8:9::9"), 3653}};
  EXPECT_THAT(error_of_open(options),
              AllOf(HasSubstr("[2001:db8:9::9]:3653"), HasSubstr("does not have this address")));
  expect_nothing_left();
}

}  // namespace lifecycle_test
}  // namespace tsp::linux_::test
