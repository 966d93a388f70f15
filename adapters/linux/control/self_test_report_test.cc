// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/self_test_report.h"

#include <gmock/gmock.h>

namespace tsp::linux_ {
namespace self_test_report_test {

using testing::HasSubstr;

SelfTestSight open_host() {
  return {
      .device = "tsp7",
      .forwarding = true,
      .through_device = Probe::Arrived,
      .server_address = *parse_ipv6("2001:db8::1"),
      .echo = Probe::Arrived,
      .ports = {
          {.at = make_endpoint({{203, 0, 113, 2}}, 3653), .by_loopback = Probe::Arrived, .by_device = Probe::Arrived}}};
}

const SelfTestCheck& check_of(const SelfTestReport& report, std::string_view name) {
  for (const SelfTestCheck& check : report.checks) {
    if (check.name == name) return check;
  }
  throw std::out_of_range("no such check");
}

TEST(SelfTestReport, AnOpenHostPasses) {
  const SelfTestReport report = judge(open_host());

  EXPECT_EQ(report.result, Finding::Passed);
  ASSERT_EQ(report.checks.size(), 3U);
  for (const SelfTestCheck& check : report.checks) EXPECT_EQ(check.finding, Finding::Passed) << check.name;
}

TEST(SelfTestReport, ALostPacketBlamesForwardingIfItIsOff) {
  SelfTestSight sight = open_host();
  sight.through_device = Probe::Lost;
  sight.forwarding = false;

  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Blocked);
  EXPECT_EQ(check_of(report, "tunnel_device").finding, Finding::Blocked);
  EXPECT_THAT(check_of(report, "tunnel_device").detail, HasSubstr("sysctl -w net.ipv6.conf.all.forwarding=1"));
}

TEST(SelfTestReport, ALostPacketBlamesTheFirewallIfForwardingIsOn) {
  SelfTestSight sight = open_host();
  sight.through_device = Probe::Lost;

  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Blocked);
  EXPECT_THAT(check_of(report, "tunnel_device").detail,
              HasSubstr("nft insert rule inet filter forward iifname tsp7 accept"));
}

TEST(SelfTestReport, IPv4ForwardingCountsWhereThereAreV4V6Tunnels) {
  SelfTestSight sight = open_host();
  sight.ipv4_forwarding = true;
  EXPECT_EQ(check_of(judge(sight), "ipv4_forwarding").finding, Finding::Passed);

  sight.ipv4_forwarding = false;
  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Blocked);
  EXPECT_EQ(check_of(report, "ipv4_forwarding").finding, Finding::Blocked);
  EXPECT_THAT(check_of(report, "ipv4_forwarding").detail, HasSubstr("sysctl -w net.ipv4.ip_forward=1"));
}

TEST(SelfTestReport, AnUnansweredEchoIsToldButHarmless) {
  SelfTestSight sight = open_host();
  sight.echo = Probe::Lost;

  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Passed);
  EXPECT_EQ(check_of(report, "server_address").finding, Finding::Blocked);
}

TEST(SelfTestReport, APortThatNotEvenTheHostReachesIsBlocked) {
  SelfTestSight sight = open_host();
  sight.ports.front().by_loopback = Probe::Lost;
  sight.ports.front().by_device = Probe::Lost;

  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Blocked);
  EXPECT_THAT(check_of(report, "port").detail, HasSubstr("nft insert rule inet filter input udp dport 3653 accept"));
}

TEST(SelfTestReport, APortThatOnlyTheHostReachesMayBeOpenForOthers) {
  SelfTestSight sight = open_host();
  sight.ports.front().by_device = Probe::Lost;

  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Unknown);
  EXPECT_THAT(check_of(report, "port").detail, HasSubstr("certain interfaces only"));
}

TEST(SelfTestReport, AReversePathFilterLeavesThePortUnknown) {
  SelfTestSight sight = open_host();
  sight.ports.front().by_device = Probe::NotTried;
  sight.ports.front().obstacle = Obstacle::ReversePathFilter;

  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Unknown);
  EXPECT_THAT(check_of(report, "port").detail, HasSubstr("rp_filter"));
}

TEST(SelfTestReport, ADeviceWithoutIPv4LeavesThePortUnknown) {
  SelfTestSight sight = open_host();
  sight.ports.front().by_device = Probe::NotTried;
  sight.ports.front().obstacle = Obstacle::DeviceHasNoIPv4;

  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Unknown);
  EXPECT_THAT(check_of(report, "port").detail, HasSubstr("datapath.type"));
}

TEST(SelfTestReport, ALoopbackAddressNeedsNoMoreThanTheHostItself) {
  SelfTestSight sight = open_host();
  sight.ports.front().by_device = Probe::NotTried;
  sight.ports.front().obstacle = Obstacle::ThisHostOnly;

  EXPECT_EQ(judge(sight).result, Finding::Passed);
}

TEST(SelfTestReport, APortThatNothingCouldBeSentToByTheDeviceIsUnknown) {
  SelfTestSight sight = open_host();
  sight.ports.front().by_device = Probe::NotTried;

  const SelfTestReport report = judge(sight);

  EXPECT_EQ(report.result, Finding::Unknown);
  EXPECT_THAT(check_of(report, "port").detail, HasSubstr("no address of the pool is unused"));
}

TEST(SelfTestReport, BlockedIsWorseThanUnknown) {
  SelfTestSight sight = open_host();
  sight.through_device = Probe::NotTried;
  EXPECT_EQ(judge(sight).result, Finding::Unknown);

  sight.ports.front().by_loopback = Probe::Lost;
  sight.ports.front().by_device = Probe::Lost;

  EXPECT_EQ(judge(sight).result, Finding::Blocked);
}

}  // namespace self_test_report_test
}  // namespace tsp::linux_
