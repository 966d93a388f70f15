// SPDX-License-Identifier: Apache-2.0
//
// Routes for single leases, in the kernel.
#include <gmock/gmock.h>

#include "adapters/linux/datapath/tun/test_world.h"
#include "adapters/linux/netlink/route.h"

namespace tsp::linux_::test {
namespace lease_routes_test {

using testing::IsEmpty;
using testing::UnorderedElementsAre;

const IPv6Prefix kOtherPool = prefix("2001:db8:2::/48");
const IPv6Address kElsewhere = address("2001:db8:2:1::7");

class LeaseRoutesTest : public RoutedTunWorldTest {
 protected:
  void open_with(const LeaseRoutesPolicy& policy) {
    TunOptions options = default_options();
    options.leases = policy;
    open(options);
  }
  TunnelSpec spec(std::uint64_t id, const IPv6Address& inner, std::optional<IPv6Prefix> delegated = std::nullopt) {
    return {.id = {id},
            .path = {client_endpoint(static_cast<std::uint8_t>(id)), broker_endpoint()},
            .inner = inner,
            .delegated = delegated,
            .server_address = kServer,
            .confirmed = true};
  }
  DatapathStatus install(const TunnelSpec& tunnel, std::vector<TunnelId> replaces = {}) {
    return complete(InstallTunnel{.op = {++last_op_}, .spec = tunnel, .replaces = std::move(replaces)}).status;
  }
  // Those of leases, as text.
  std::vector<std::string> lease_routes() {
    std::vector<std::string> texts;
    for (const Route& route : routes()) {
      if (route.destination != default_options().pool) texts.push_back(to_text(route.destination));
    }
    return texts;
  }
};

TEST_F(LeaseRoutesTest, LeasesOfOtherPoolsHaveRoutesAndTheBrokersOwnHaveNot) {
  open_with({.other_pools = {kOtherPool}});

  EXPECT_EQ(install(spec(1, inner(1))), DatapathStatus::Done);
  EXPECT_EQ(install(spec(2, kElsewhere, prefix("2001:db8:2:100::/56"))), DatapathStatus::Done);

  EXPECT_THAT(lease_routes(), UnorderedElementsAre("2001:db8:2:1::7/128", "2001:db8:2:100::/56"));
}

TEST_F(LeaseRoutesTest, AllLeasesHaveRoutesIfThatIsWanted) {
  open_with({.all = true});

  EXPECT_EQ(install(spec(1, inner(1), prefix("2001:db8:1:8000::/56"))), DatapathStatus::Done);

  EXPECT_THAT(lease_routes(), UnorderedElementsAre("2001:db8:1:1::1/128", "2001:db8:1:8000::/56"));
}

TEST_F(LeaseRoutesTest, RoutesGoWithTheTunnel) {
  open_with({.other_pools = {kOtherPool}});
  EXPECT_EQ(install(spec(2, kElsewhere, prefix("2001:db8:2:100::/56"))), DatapathStatus::Done);

  EXPECT_EQ(complete(RemoveTunnel{.op = {++last_op_}, .id = {2}}).status, DatapathStatus::Done);

  EXPECT_THAT(lease_routes(), IsEmpty());
}

TEST_F(LeaseRoutesTest, ATunnelThatTakesAnothersPlaceKeepsWhatBothHave) {
  open_with({.other_pools = {kOtherPool}});
  EXPECT_EQ(install(spec(2, kElsewhere, prefix("2001:db8:2:100::/56"))), DatapathStatus::Done);

  EXPECT_EQ(install(spec(3, kElsewhere, prefix("2001:db8:2:200::/60")), {{2}}), DatapathStatus::Done);

  EXPECT_THAT(lease_routes(), UnorderedElementsAre("2001:db8:2:1::7/128", "2001:db8:2:200::/60"));
}

TEST_F(LeaseRoutesTest, ARouteThatSomebodyRemovesIsPutBack) {
  open_with({.other_pools = {kOtherPool}});
  EXPECT_EQ(install(spec(2, kElsewhere)), DatapathStatus::Done);
  const auto all = list_routes(*netlink_, RouteFamily::IPv6);
  ASSERT_TRUE(all);
  for (const Route& route : *all) {
    if (route.destination != host_prefix(kElsewhere)) continue;
    ASSERT_TRUE(remove_route(*netlink_, route));
  }
  ASSERT_THAT(lease_routes(), IsEmpty());

  EXPECT_TRUE(wait_for([&] { return !lease_routes().empty(); }));

  EXPECT_THAT(lease_routes(), UnorderedElementsAre("2001:db8:2:1::7/128"));
  EXPECT_GE(datapath_->counters().routing_repairs, 1U);
}

TEST_F(LeaseRoutesTest, NothingStaysBehind) {
  open_with({.other_pools = {kOtherPool}});
  EXPECT_EQ(install(spec(2, kElsewhere)), DatapathStatus::Done);

  datapath_.reset();

  EXPECT_THAT(lease_routes(), IsEmpty());
}

}  // namespace lease_routes_test
}  // namespace tsp::linux_::test
