// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/route.h"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <chrono>
#include <thread>

#include "adapters/linux/netlink/address.h"
#include "adapters/linux/netlink/test_namespace.h"

namespace tsp::linux_ {
namespace route_test {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class RouteTest : public test::NamespaceTest {
 protected:
  void SetUp() override {
    NamespaceTest::SetUp();
    if (IsSkipped()) return;
    auto opened = RouteSocket::open();
    ASSERT_TRUE(opened);
    socket_.emplace(std::move(*opened));
    device_ = test::make_device_pair(*socket_, "net0", "peer0");
    ASSERT_NE(device_, 0);
    loopback_ = static_cast<int>(if_nametoindex("lo"));
  }
  std::vector<Route> routes() {
    auto listed = list_routes(*socket_);
    EXPECT_TRUE(listed);
    return listed.value_or(std::vector<Route>{});
  }
  Route device_route() const {
    return {.destination = pool_,
            .kind = RouteKind::Forward,
            .protocol = kRouteProtocol,
            .metric = kPreferredMetric,
            .devices = {device_}};
  }
  Route discard_route() const {
    return {.destination = pool_,
            .kind = RouteKind::Unreachable,
            .protocol = kRouteProtocol,
            .metric = kWorstMetric,
            .devices = {loopback_}};
  }

  const IPv6Prefix pool_ = *parse_prefix("2001:db8:1::/48");
  std::optional<RouteSocket> socket_;
  int device_ = 0;
  int loopback_ = 0;  // where the kernel puts routes that lead nowhere
};

TEST_F(RouteTest, RoutesAreListedAsTheyWereAdded) {
  ASSERT_TRUE(add_device_route(*socket_, pool_, device_));
  ASSERT_TRUE(add_unreachable_route(*socket_, pool_));

  EXPECT_THAT(routes(), Contains(device_route()));
  EXPECT_THAT(routes(), Contains(discard_route()));
}

TEST_F(RouteTest, AddingARouteTwiceChangesNothing) {
  ASSERT_TRUE(add_device_route(*socket_, pool_, device_));
  ASSERT_TRUE(add_unreachable_route(*socket_, pool_));
  const auto before = routes();

  EXPECT_TRUE(add_device_route(*socket_, pool_, device_));
  EXPECT_TRUE(add_unreachable_route(*socket_, pool_));

  EXPECT_EQ(routes(), before);
}

TEST_F(RouteTest, RemovingOneRouteLeavesTheOtherToTheSamePrefix) {
  ASSERT_TRUE(add_device_route(*socket_, pool_, device_));
  ASSERT_TRUE(add_unreachable_route(*socket_, pool_));

  ASSERT_TRUE(remove_route(*socket_, device_route()));

  EXPECT_THAT(routes(), Not(Contains(device_route())));
  EXPECT_THAT(routes(), Contains(discard_route()));
}

TEST_F(RouteTest, RemovingARouteThatIsNotThereIsNoError) {
  EXPECT_TRUE(remove_route(*socket_, discard_route()));
}

TEST_F(RouteTest, AnErrorNamesTheRoute) {
  const auto added = add_device_route(*socket_, pool_, 9999);

  ASSERT_FALSE(added);
  EXPECT_THAT(added.error(), HasSubstr("2001:db8:1::/48"));
}

TEST_F(RouteTest, TextNamesKindPrefixDeviceAndProtocol) {
  EXPECT_EQ(to_text(discard_route()), "unreachable 2001:db8:1::/48 dev lo (protocol 119, metric 4294967295)");
}

TEST_F(RouteTest, AddressesComeAndGo) {
  const DeviceAddress address{.address = *parse_ipv6("2001:db8:1::1")};
  ASSERT_TRUE(add_address(*socket_, device_, address.address));
  ASSERT_TRUE(add_address(*socket_, device_, address.address));
  EXPECT_THAT(*list_addresses(*socket_, device_), Contains(address));

  ASSERT_TRUE(remove_address(*socket_, device_, address));
  EXPECT_TRUE(remove_address(*socket_, device_, address));

  EXPECT_THAT(*list_addresses(*socket_, device_), Not(Contains(address)));
}

TEST_F(RouteTest, AnAddressOfTheHostBecomesLocal) {
  const IPv6Address own = *parse_ipv6("2001:db8:1::1");
  ASSERT_TRUE(add_device_route(*socket_, pool_, device_));
  EXPECT_FALSE(is_local(*socket_, own));

  ASSERT_TRUE(add_address(*socket_, device_, own));

  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!is_local(*socket_, own) && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(is_local(*socket_, own));
}

TEST_F(RouteTest, AnAddressBringsNoRouteOfItsOwn) {
  const auto before = routes();

  ASSERT_TRUE(add_address(*socket_, device_, *parse_ipv6("2001:db8:1::1")));

  EXPECT_EQ(routes(), before);
}

// ---- IPv4 -----------------------------------------------------------------------------------------------------

class IPv4RouteTest : public RouteTest {
 protected:
  std::vector<Route> ipv4_routes() {
    auto listed = list_routes(*socket_, RouteFamily::IPv4);
    EXPECT_TRUE(listed);
    return listed.value_or(std::vector<Route>{});
  }
  Route of_kind(RouteKind kind) const {
    const bool forward = kind == RouteKind::Forward;
    return {.destination = ipv4_pool_,
            .kind = kind,
            .protocol = kRouteProtocol,
            .metric = forward ? kPreferredMetric : kWorstMetric,
            .devices = forward ? std::vector{device_} : std::vector<int>{}};
  }

  const IPv6Prefix ipv4_pool_ = *parse_ipv4_prefix("10.64.0.0/10");
  const IPv6Address ipv4_own_ = map_ipv4({{10, 64, 0, 1}});
};

TEST_F(IPv4RouteTest, RoutesAreListedAsTheyWereAddedAndOfOneVersionOnly) {
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(add_device_route(*socket_, ipv4_pool_, device_));
    ASSERT_TRUE(add_unreachable_route(*socket_, ipv4_pool_));
  }

  EXPECT_THAT(ipv4_routes(),
              testing::UnorderedElementsAre(of_kind(RouteKind::Forward), of_kind(RouteKind::Unreachable)));
  for (const Route& route : routes()) EXPECT_FALSE(is_mapped(route.destination));
}

TEST_F(IPv4RouteTest, RemovingOneRouteLeavesTheOtherToTheSamePrefix) {
  ASSERT_TRUE(add_device_route(*socket_, ipv4_pool_, device_));
  ASSERT_TRUE(add_unreachable_route(*socket_, ipv4_pool_));

  ASSERT_TRUE(remove_route(*socket_, of_kind(RouteKind::Forward)));
  EXPECT_TRUE(remove_route(*socket_, of_kind(RouteKind::Forward)));
  EXPECT_THAT(ipv4_routes(), ElementsAre(of_kind(RouteKind::Unreachable)));

  ASSERT_TRUE(remove_route(*socket_, of_kind(RouteKind::Unreachable)));
  EXPECT_THAT(ipv4_routes(), testing::IsEmpty());
}

TEST_F(IPv4RouteTest, ADefaultRouteHasTheLengthOfTheMapping) {
  ASSERT_TRUE(add_device_route(*socket_, *parse_ipv4_prefix("0.0.0.0/0"), device_));

  ASSERT_EQ(ipv4_routes().size(), 1U);
  EXPECT_EQ(to_text(ipv4_routes().front().destination), "0.0.0.0/0");
}

TEST_F(IPv4RouteTest, AddressesOfBothVersionsAreListedAndBringNoRoutes) {
  const DeviceAddress ipv4{.address = ipv4_own_};
  const DeviceAddress ipv6{.address = *parse_ipv6("2001:db8:1::1")};
  ASSERT_TRUE(add_address(*socket_, device_, ipv4.address));
  ASSERT_TRUE(add_address(*socket_, device_, ipv4.address));
  ASSERT_TRUE(add_address(*socket_, device_, ipv6.address));

  EXPECT_THAT(*list_addresses(*socket_, device_), testing::UnorderedElementsAre(ipv4, ipv6));
  EXPECT_THAT(ipv4_routes(), testing::IsEmpty());
  EXPECT_TRUE(is_local(*socket_, ipv4_own_));

  ASSERT_TRUE(remove_address(*socket_, device_, ipv4));
  EXPECT_TRUE(remove_address(*socket_, device_, ipv4));
  EXPECT_THAT(*list_addresses(*socket_, device_), ElementsAre(ipv6));
}

}  // namespace route_test
}  // namespace tsp::linux_
