// SPDX-License-Identifier: Apache-2.0
//
// Opening and closing, and what somebody else does to the device meanwhile.
#include <gmock/gmock.h>
#include <linux/if_tun.h>
#include <linux/utun.h>
#include <sys/ioctl.h>

#include "adapters/linux/datapath/tun/tun_datapath.h"
#include "adapters/linux/datapath/tun/tun_device.h"
#include "adapters/linux/datapath/utun/contract/utun_world.h"
#include "adapters/linux/net/outer_socket.h"
#include "adapters/linux/netlink/address.h"
#include "adapters/linux/netlink/channel_test_support.h"
#include "adapters/linux/netlink/route.h"
#include "core/dataplane/probe.h"

namespace tsp::linux_::test {
namespace utun_lifecycle_test {

using dataplane::DropReason;
using dataplane::test::make_udp;
using dataplane::test::pattern;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;

class UtunLifecycleTest : public UtunWorldTest {
 protected:
  std::vector<Route> routes() {
    auto all = list_routes(*netlink_, RouteFamily::IPv6);
    EXPECT_TRUE(all);
    std::erase_if(*all, [](const Route& route) { return route.protocol != kRouteProtocol; });
    return *all;
  }
  void expect_nothing_left() {
    EXPECT_FALSE(device());
    EXPECT_THAT(routes(), IsEmpty());
    EXPECT_TRUE(check_port_free(make_endpoint({}, 3653)));
  }
  // What a broker that was killed leaves: its device with its tunnels, routes and address, and no socket.
  TunnelSpec leave_device_behind(const IPv6Prefix& routed) {
    auto socket = OuterSocket::open_udp({.local = broker_endpoint(), .merge_received = false});
    EXPECT_TRUE(socket);
    const utun::DeviceSettings settings{
        .name = "tsp0", .sockets = {socket->fd()}, .protocol_41 = {}, .server_address = kServer};
    EXPECT_EQ(ask_links(utun::make_device(settings)), NetlinkAnswer{});
    EXPECT_TRUE(bring_up(*netlink_, "tsp0", 1400, 100));
    EXPECT_TRUE(add_device_route(*netlink_, routed, device()->index));
    EXPECT_TRUE(add_unreachable_route(*netlink_, routed));
    const TunnelSpec spec = spec_of({.remote = client_endpoint(1), .local = broker_endpoint()}, 1);
    EXPECT_EQ(ask_module(utun::add_tunnel(target(), {.op = {1}, .spec = spec, .replaces = {}})), NetlinkAnswer{});
    EXPECT_TRUE(device()->carrier);
    return spec;
  }
  [[nodiscard]] Bytes flush() {
    return generic(target().family, NLM_F_REQUEST | NLM_F_ACK, 0, UTUN_CMD_TUNNEL_FLUSH,
                   attribute(UTUN_A_IFINDEX, raw(target().device)));
  }
};

TEST_F(UtunLifecycleTest, OpeningBringsUpDeviceAddressAndRoutesAndClosingRemovesThem) {
  open();

  ASSERT_TRUE(device());
  EXPECT_EQ(device()->kind, "utun");
  EXPECT_TRUE(device()->up && device()->carrier);
  EXPECT_THAT(*list_addresses(*netlink_, device()->index), ElementsAre(DeviceAddress{.address = kServer}))
      << "and no link-local address, so that the kernel can send no redirects";
  EXPECT_EQ(routes().size(), 2U);
  datapath_.reset();
  expect_nothing_left();
}

TEST_F(UtunLifecycleTest, ClosingWhileTunnelsAreThereAndReportsWaitIsClean) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client.path(), 1, false);
  client.send(make_udp({inner(1), kOutside}, pattern(100)));
  client.send(Bytes(20, 0xF0));
  reports_.clear();
  datapath_->submit(ListTunnels{.op = {1}});

  datapath_.reset();
  io_.restart();
  io_.poll();

  EXPECT_THAT(reports_, IsEmpty()) << "nothing is reported after the end";
  expect_nothing_left();
}

TEST_F(UtunLifecycleTest, TheTunnelsOfAKilledBrokerAreTakenOver) {
  const TunnelSpec left = leave_device_behind(prefix("2001:db8:55::/48"));
  EXPECT_FALSE(device()->carrier) << "its sockets went with it";
  const int index = device()->index;

  open();

  EXPECT_EQ(device()->index, index);
  EXPECT_THAT(list(), ElementsAre(left));
  EXPECT_EQ(routes().size(), 2U);
  for (const Route& route : routes()) EXPECT_EQ(route.destination, default_options().pool);
  const DeviceTap tap("tsp0");
  const TestClient client(client_endpoint(1), broker_endpoint());
  const Bytes up = make_udp({left.inner, kOutside}, pattern(100));
  const Bytes down = make_udp({kOutside, left.inner}, pattern(100));
  tap.send(down);
  EXPECT_THAT(client.receive(), Optional(down));
  client.send(up);
  EXPECT_THAT(tap.receive(), Optional(up));
  EXPECT_EQ(datapath_->counters().packets_up, 1U);
}

TEST_F(UtunLifecycleTest, ADeviceOfAKilledBrokerWithTheSamePoolIsTakenOver) {
  const TunnelSpec left = leave_device_behind(default_options().pool);
  open();
  EXPECT_THAT(list(), ElementsAre(left));
  EXPECT_EQ(routes().size(), 2U);
  datapath_.reset();
  expect_nothing_left();
}

TEST_F(UtunLifecycleTest, ADeviceThatSomebodyRemovesIsMadeAgain) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client.path(), 1);
  client.send(make_udp({inner(1), kOutside}, pattern(100)));
  EXPECT_TRUE(wait_for([&] { return datapath_->counters().packets_up == 1; }));

  ASSERT_TRUE(remove_link(*netlink_, "tsp0"));

  ASSERT_TRUE(wait_for([&] { return resets() == 1; }));
  ASSERT_TRUE(device());
  EXPECT_TRUE(device()->up && device()->carrier);
  EXPECT_EQ(routes().size(), 2U);
  EXPECT_THAT(list(), IsEmpty());
  install(client.path(), 1);
  client.send(make_udp({inner(1), kOutside}, pattern(100)));
  EXPECT_TRUE(wait_for([&] { return datapath_->counters().packets_up == 2; }));
  datapath_.reset();
  expect_nothing_left();
}

TEST_F(UtunLifecycleTest, OrdersWithoutADeviceFailAndAreNoEndOfIt) {
  open();
  ASSERT_TRUE(remove_link(*netlink_, "tsp0"));
  EXPECT_EQ(complete(ListTunnels{.op = {1}}).status, DatapathStatus::Failed);
  EXPECT_TRUE(wait_for([&] { return resets() == 1; }));
  EXPECT_EQ(complete(ListTunnels{.op = {2}}).status, DatapathStatus::Done);
}

TEST_F(UtunLifecycleTest, SomebodyElsesFlushIsAReset) {
  open();
  install({.remote = client_endpoint(1), .local = broker_endpoint()}, 1);

  EXPECT_EQ(ask_module(flush()), NetlinkAnswer{});

  EXPECT_TRUE(wait_for([&] { return resets() == 1; }));
  EXPECT_THAT(list(), IsEmpty());
}

TEST_F(UtunLifecycleTest, OurOwnRemovalsAreNoReset) {
  open();
  install({.remote = client_endpoint(1), .local = broker_endpoint()}, 1);
  install({.remote = client_endpoint(2), .local = broker_endpoint()}, 2);
  EXPECT_EQ(complete(RemoveTunnel{.op = {1}, .id = {1}, .unless_seen_since = {}}).status, DatapathStatus::Done);
  const TunnelSpec third = spec_of({.remote = client_endpoint(3), .local = broker_endpoint()}, 3);
  EXPECT_EQ(complete(InstallTunnel{.op = {1}, .spec = third, .replaces = {{2}}}).status, DatapathStatus::Done);
  work_for(std::chrono::milliseconds(100));
  EXPECT_EQ(resets(), 0U);
}

TEST_F(UtunLifecycleTest, ASecondBrokerOnTheSameDeviceIsToldSo) {
  open();
  UtunOptions other = default_options();
  other.pool = prefix("2001:db8:2::/48");
  other.listen = {make_endpoint({}, 3654)};
  EXPECT_THAT(error_of_open(other), HasSubstr("device tsp0 is in use"));
  EXPECT_TRUE(device()->carrier) << "and takes nothing away from the first";
}

TEST_F(UtunLifecycleTest, TwoBrokersOnOneHostDoNotDisturbEachOther) {
  open();
  UtunOptions other = default_options();
  other.device = "tsp1";
  other.pool = prefix("2001:db8:2::/48");
  other.server_address = address("2001:db8:2::1");
  other.listen = {make_endpoint({}, 3654)};
  auto second = try_open(other);
  ASSERT_TRUE(second) << second.error();
  install({.remote = client_endpoint(1), .local = broker_endpoint()}, 1);

  second->reset();
  work_for(std::chrono::milliseconds(300));

  EXPECT_EQ(resets(), 0U);
  EXPECT_EQ(list().size(), 1U);
}

TEST_F(UtunLifecycleTest, ANameThatBelongsToAnotherKindOfDeviceIsRefused) {
  ASSERT_NE(make_device_pair(*netlink_, "tsp0", "peer0"), 0);
  EXPECT_THAT(error_of_open(), AllOf(HasSubstr("tsp0"), HasSubstr("no utun device")));
  EXPECT_EQ(device()->kind, "veth") << "it was not touched";
}

TEST_F(UtunLifecycleTest, ATunDeviceIsSomebodyElses) {
  auto left = TunDevice::open("tsp0", 1, true);
  ASSERT_TRUE(left) << left.error();
  EXPECT_THAT(error_of_open(), HasSubstr("in use"));
  ASSERT_EQ(ioctl(left->queues.front().get(), TUNSETPERSIST, 1), 0);
  left->queues.clear();
  EXPECT_THAT(error_of_open(), HasSubstr("ip link delete tsp0"));
  EXPECT_EQ(device()->kind, "tun");
}

TEST_F(UtunLifecycleTest, ABrokerThatMovesToTunTakesTheKilledOnesDeviceAway) {
  leave_device_behind(default_options().pool);

  const auto tun = TunDatapath::open(
      {.device = "tsp0", .listen = default_options().listen, .pool = default_options().pool, .server_address = kServer},
      io_, [](const port::Datapath::Report&) {}, [](const FourTuple&, ByteView) {});

  ASSERT_TRUE(tun) << tun.error();
  EXPECT_EQ(device()->kind, "tun");
}

TEST_F(UtunLifecycleTest, TunIsRefusedTheDeviceOfARunningUtunBroker) {
  open();
  const auto tun = TunDatapath::open(
      {.device = "tsp0",
       .listen = {make_endpoint({}, 3654)},
       .pool = prefix("2001:db8:2::/48"),
       .server_address = address("2001:db8:2::1")},
      io_, [](const port::Datapath::Report&) {}, [](const FourTuple&, ByteView) {});
  ASSERT_FALSE(tun);
  EXPECT_THAT(tun.error(), HasSubstr("in use"));
  EXPECT_EQ(device()->kind, "utun");
}

TEST_F(UtunLifecycleTest, ManyTunnelsComeAndGoInBatches) {
  open();
  constexpr std::uint16_t kCount = 1000;
  for (std::uint16_t i = 0; i < kCount; ++i) {
    TunnelSpec spec = spec_of(
        {.remote = make_endpoint({{127, 0, 1, 1}}, static_cast<std::uint16_t>(10'000 + i)), .local = broker_endpoint()},
        1);
    spec.id = {1000U + i};
    dataplane::put16(spec.inner.octets, 12, i);
    datapath_->submit(InstallTunnel{.op = {i}, .spec = spec, .replaces = {}});
  }
  ASSERT_TRUE(wait_for([&] { return reports_.size() == kCount; }));
  for (const auto& report : reports_) EXPECT_EQ(std::get<DatapathDone>(report).status, DatapathStatus::Done);
  reports_.clear();
  EXPECT_EQ(list().size(), kCount);
  std::vector<TunnelId> ids;
  for (std::uint16_t i = 0; i < kCount; ++i) ids.push_back({1000U + i});
  EXPECT_EQ(complete(QueryUsage{.op = {1}, .ids = ids}).usages.size(), kCount);
  for (const TunnelId id : ids) datapath_->submit(RemoveTunnel{.op = {id.value}, .id = id, .unless_seen_since = {}});
  ASSERT_TRUE(wait_for([&] { return reports_.size() == kCount; }));
  EXPECT_THAT(list(), IsEmpty());
  EXPECT_EQ(resets(), 0U);
}

// ---- protocol 41, and the self-test ---------------------------------------------------------------------------

TEST_F(UtunLifecycleTest, TunnelsInProtocol41AreServedOnlyWhenTheyShallBe) {
  open();
  const FourTuple path{.remote = client_endpoint(1, 0), .local = {broker_endpoint().address, 0}};
  EXPECT_EQ(complete(InstallTunnel{.op = {1}, .spec = spec_of(path, 1), .replaces = {}}).status,
            DatapathStatus::Failed);
  datapath_.reset();
  UtunOptions options = default_options();
  options.protocol_41 = true;
  open(options);
  const TunnelSpec spec = install(path, 1, false);
  const DeviceTap tap("tsp0");
  const FileDescriptor client(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IPV6));
  const SocketAddress own = to_socket_address(path.remote);
  const SocketAddress broker = to_socket_address(path.local);
  ASSERT_EQ(bind(client.get(), &own.any, own.size()), 0);
  ASSERT_EQ(connect(client.get(), &broker.any, broker.size()), 0);

  const Bytes up = make_udp({spec.inner, kOutside}, pattern(100));
  ASSERT_EQ(send(client.get(), up.data(), up.size(), 0), static_cast<ssize_t>(up.size()));
  EXPECT_THAT(tap.receive(), Optional(up));
  EXPECT_TRUE(receive_from(client.get(), kPatienceMs)) << "the host has no way to there, and says so";
  const Bytes down = make_udp({kOutside, spec.inner}, pattern(200));
  tap.send(down);

  const auto received = receive_from(client.get(), kPatienceMs);
  ASSERT_TRUE(received);
  EXPECT_EQ(Bytes(received->begin() + 20, received->end()), down) << "behind the outer header";
  EXPECT_TRUE(wait_for([&] {
    return std::ranges::any_of(reports_,
                               [](const auto& report) { return std::holds_alternative<TunnelConfirmed>(report); });
  }));
}

TEST_F(UtunLifecycleTest, AProbeOfTheSelfTestComesOutOfTheDeviceAndIsSeenGoingIn) {
  open();
  datapath_->watch_for_probes(77);

  EXPECT_TRUE(datapath_->inject(dataplane::make_udp_probe(inner(8), {inner(9), 9}, {.token = 77, .number = 3})));
  EXPECT_FALSE(datapath_->inject(dataplane::make_echo_probe(inner(8), kServer, {.token = 77, .number = 4})));

  EXPECT_TRUE(wait_for([&] { return datapath_->probes_seen() == 8; }));
  EXPECT_THAT(list(), IsEmpty()) << "the self-test's tunnel is nobody's";
  EXPECT_EQ(complete(InstallTunnel{.op = {1},
                                   .spec = spec_of({.remote = client_endpoint(1), .local = broker_endpoint()}, 8),
                                   .replaces = {}})
                .status,
            DatapathStatus::Done)
      << "it gives way";
  datapath_->watch_for_probes(0);
  work_for(std::chrono::milliseconds(50));
  EXPECT_EQ(resets(), 0U);
  EXPECT_EQ(list().size(), 1U);
  for (const auto& report : reports_) EXPECT_FALSE(std::holds_alternative<TunnelConfirmed>(report));
}

}  // namespace utun_lifecycle_test
}  // namespace tsp::linux_::test
