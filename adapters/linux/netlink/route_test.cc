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
namespace {

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

}  // namespace
}  // namespace tsp::linux_
