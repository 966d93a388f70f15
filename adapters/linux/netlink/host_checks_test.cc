// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/host_checks.h"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/sysctl.h"
#include "adapters/linux/netlink/test_namespace.h"

namespace tsp::linux_ {
namespace host_checks_test {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HostChecksTest : public test::NamespaceTest {
 protected:
  void SetUp() override {
    NamespaceTest::SetUp();
    if (IsSkipped()) return;
    auto opened = RouteSocket::open();
    ASSERT_TRUE(opened);
    socket_.emplace(std::move(*opened));
    ASSERT_NE(test::make_device_pair(*socket_, "net0", "peer0"), 0);
  }
  void add_default_route() { ASSERT_TRUE(add_device_route(*socket_, {}, static_cast<int>(if_nametoindex("net0")))); }
  // As the kernel adds it when a router advertises itself.
  void add_advertised_default_route() {
    const std::unique_ptr<rtnl_route, decltype(&rtnl_route_put)> route(rtnl_route_alloc(), &rtnl_route_put);
    rtnl_nexthop* hop = rtnl_route_nh_alloc();
    nl_addr* everything = nullptr;
    ASSERT_EQ(nl_addr_parse("::/0", AF_INET6, &everything), 0);
    rtnl_route_nh_set_ifindex(hop, static_cast<int>(if_nametoindex("net0")));
    rtnl_route_add_nexthop(route.get(), hop);
    rtnl_route_set_dst(route.get(), everything);
    rtnl_route_set_protocol(route.get(), RTPROT_RA);
    nl_addr_put(everything);
    ASSERT_EQ(rtnl_route_add(socket_->get(), route.get(), 0), 0);
  }

  std::optional<RouteSocket> socket_;
};

TEST_F(HostChecksTest, AHostThatForwardsAndHasADefaultRouteGivesNoWarning) {
  add_default_route();

  EXPECT_THAT(host_warnings(), IsEmpty());
}

TEST_F(HostChecksTest, MissingForwardingIsNamedWithTheCommandThatHelps) {
  add_default_route();
  ASSERT_TRUE(write_sysctl("net/ipv6/conf/all/forwarding", "0"));

  EXPECT_THAT(host_warnings(), ElementsAre(HasSubstr("sysctl -w net.ipv6.conf.all.forwarding=1")));
}

TEST_F(HostChecksTest, AMissingDefaultRouteIsNamed) {
  EXPECT_THAT(host_warnings(), ElementsAre(HasSubstr("no IPv6 default route")));
}

TEST_F(HostChecksTest, DisabledIPv6IsTheOnlyWarning) {
  ASSERT_TRUE(write_sysctl("net/ipv6/conf/all/disable_ipv6", "1"));

  EXPECT_THAT(host_warnings(), ElementsAre(HasSubstr("IPv6 is disabled")));
}

TEST_F(HostChecksTest, AnAdvertisedDefaultRouteNeedsAcceptRa2) {
  add_advertised_default_route();
  ASSERT_TRUE(write_sysctl("net/ipv6/conf/net0/accept_ra", "1"));

  EXPECT_THAT(host_warnings(), ElementsAre(HasSubstr("sysctl -w net/ipv6/conf/net0/accept_ra=2")));
}

TEST_F(HostChecksTest, AnAdvertisedDefaultRouteThatIsKeptGivesNoWarning) {
  add_advertised_default_route();
  ASSERT_TRUE(write_sysctl("net/ipv6/conf/net0/accept_ra", "2"));

  EXPECT_THAT(host_warnings(), IsEmpty());
}

TEST_F(HostChecksTest, ADefaultRouteThatIsNotAdvertisedNeedsNoAcceptRa) {
  add_default_route();
  ASSERT_TRUE(write_sysctl("net/ipv6/conf/net0/accept_ra", "1"));

  EXPECT_THAT(host_warnings(), IsEmpty());
}

TEST_F(HostChecksTest, OfIPv4ForwardingAndADefaultRouteAreNeededToo) {
  ASSERT_TRUE(write_sysctl("net/ipv4/ip_forward", "0"));
  EXPECT_THAT(ipv4_host_warnings(),
              ElementsAre(HasSubstr("sysctl -w net.ipv4.ip_forward=1"), HasSubstr("no IPv4 default route")));

  ASSERT_TRUE(write_sysctl("net/ipv4/ip_forward", "1"));
  ASSERT_TRUE(add_device_route(*socket_, *parse_ipv4_prefix("0.0.0.0/0"), static_cast<int>(if_nametoindex("net0"))));
  EXPECT_THAT(ipv4_host_warnings(), IsEmpty());
}

}  // namespace host_checks_test
}  // namespace tsp::linux_
