// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/tun_datapath.h"

#include <gmock/gmock.h>
#include <netlink/route/link.h>

#include <thread>

#include "adapters/linux/datapath/tun/test_world.h"
#include "adapters/linux/netlink/route_socket.h"

namespace tsp::linux_::test {
namespace tun_datapath_test {

using dataplane::test::make_echo_request;
using dataplane::test::make_udp;
using dataplane::test::pattern;
using testing::Optional;

class TunDatapathTest : public TunWorldTest {};

TEST_F(TunDatapathTest, PacketsPassBothWays) {
  open();
  const DeviceTap tap("tsp0");
  const TestClient client(client_endpoint(1), broker_endpoint());
  const TunnelSpec spec = install(client, 1);
  const Bytes up = make_udp({spec.inner, kOutside}, pattern(500));
  const Bytes down = make_udp({kOutside, spec.inner}, pattern(1200));

  tap.send(down);
  EXPECT_THAT(client.receive(), Optional(down));
  client.send(up);
  EXPECT_THAT(tap.receive(), Optional(up));
}

TEST_F(TunDatapathTest, EchoToTheServerAddressIsAnsweredWithoutTheHost) {
  open();
  const DeviceTap tap("tsp0");
  const TestClient client(client_endpoint(1), broker_endpoint());
  const TunnelSpec spec = install(client, 1, false);
  const Bytes request = make_echo_request({spec.inner, kServer}, pattern(64));

  client.send(request);

  EXPECT_EQ(client.receive(), dataplane::make_echo_reply(request));
  EXPECT_FALSE(tap.receive(kSilenceMs));
  EXPECT_TRUE(wait_for([&] { return datapath_->counters().echo_replies == 1U; }));
}

TEST_F(TunDatapathTest, RepliesAndPacketsLeaveFromTheAddressThatTheClientContacted) {
  open();
  const DeviceTap tap("tsp0");
  const TestClient one(client_endpoint(1), broker_endpoint(1));
  const TestClient two(client_endpoint(2), broker_endpoint(2));
  install(one, 1);
  install(two, 2);
  const Bytes to_one = make_udp({kOutside, inner(1)}, pattern(10));
  const Bytes to_two = make_udp({kOutside, inner(2)}, pattern(10));

  datapath_->send(two.path(), pattern(20));
  EXPECT_THAT(two.receive(), Optional(pattern(20)));
  tap.send(to_one);
  tap.send(to_two);

  EXPECT_THAT(one.receive(), Optional(to_one));
  EXPECT_THAT(two.receive(), Optional(to_two));
}

TEST_F(TunDatapathTest, SignallingReachesTheMainThreadWithTheAddressThatWasContacted) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint(7));
  Bytes hello = pattern(30);
  hello[0] = 0xF0;

  client.send(hello);

  ASSERT_TRUE(wait_for([&] { return !signalling_.empty(); }));
  EXPECT_EQ(signalling_.front().path, client.path());
  EXPECT_EQ(signalling_.front().payload, hello);
}

TEST_F(TunDatapathTest, TwoClientsTalkToEachOtherThroughTheHost) {
  open();
  const TestClient one(client_endpoint(1), broker_endpoint());
  const TestClient two(client_endpoint(2), broker_endpoint());
  install(one, 1);
  install(two, 2);

  one.send(make_udp({inner(1), inner(2)}, pattern(100)));

  const auto received = two.receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(dataplane::source_of(*received), inner(1));
  EXPECT_EQ((*received)[dataplane::kHopLimitAt], 63) << "the host forwards, and counts as a hop";
}

TEST_F(TunDatapathTest, EveryWorkerServesEveryClient) {
  TunOptions options = default_options();
  options.workers = 4;
  open(options);
  std::vector<TestClient> clients;
  for (std::uint8_t number = 1; number <= 60; ++number) {
    clients.emplace_back(client_endpoint(1, static_cast<std::uint16_t>(40'000 + number)), broker_endpoint());
    install(clients.back(), number, false);
  }

  for (std::uint8_t number = 1; number <= 60; ++number) {
    const TestClient& client = clients[number - 1U];
    const Bytes request = make_echo_request({inner(number), kServer});
    client.send(request);
    EXPECT_EQ(client.receive(), dataplane::make_echo_reply(request));
    client.send(Bytes(20, 0xF0));
  }

  EXPECT_TRUE(wait_for([&] { return signalling_.size() == clients.size(); }));
  EXPECT_TRUE(wait_for([&] { return datapath_->counters().echo_replies == clients.size(); }));
}

TEST_F(TunDatapathTest, SeveralListenAddressesHaveASocketEach) {
  TunOptions options = default_options();
  options.listen = {broker_endpoint(1), broker_endpoint(2)};
  open(options);
  const DeviceTap tap("tsp0");
  const TestClient one(client_endpoint(1), broker_endpoint(1));
  const TestClient two(client_endpoint(2), broker_endpoint(2));
  install(one, 1);
  install(two, 2);

  tap.send(make_udp({kOutside, inner(1)}, pattern(10)));
  tap.send(make_udp({kOutside, inner(2)}, pattern(10)));

  EXPECT_TRUE(one.receive());
  EXPECT_TRUE(two.receive());
}

TEST_F(TunDatapathTest, ATunnelOnAnAddressThatIsNotServedIsRefused) {
  TunOptions options = default_options();
  options.listen = {broker_endpoint(1)};
  open(options);
  TunnelSpec spec{.id = {1},
                  .path = {.remote = client_endpoint(1), .local = broker_endpoint(2)},
                  .inner = inner(1),
                  .delegated = {},
                  .server_address = kServer};

  const DatapathDone done = complete(InstallTunnel{.op = {++last_op_}, .spec = spec, .replaces = {}});

  EXPECT_EQ(done.status, DatapathStatus::Failed);
  EXPECT_THAT(done.detail, testing::HasSubstr("127.0.0.2:3653"));
}

TEST_F(TunDatapathTest, AFloodOfSignallingIsBoundedAndCounted) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  const auto arrived = [&] {
    return datapath_->counters().signalling + datapath_->counters().dropped(DropReason::QueueFull);
  };

  // The main thread does not work meanwhile.
  std::uint64_t sent = 0;
  while (datapath_->counters().dropped(DropReason::QueueFull) == 0 && sent < 20'000) {
    client.send(Bytes(20, 0xF0));
    ++sent;
    while (arrived() + 1000 < sent) std::this_thread::yield();
  }

  EXPECT_GE(datapath_->counters().dropped(DropReason::QueueFull), 1U);
  ASSERT_TRUE(wait_for([&] { return arrived() == sent; }));
  EXPECT_TRUE(wait_for([&] { return signalling_.size() == datapath_->counters().signalling; }))
      << "what fits is served";
}

TEST_F(TunDatapathTest, TheKernelSendsNoRedirectsIntoTheTunnels) {
  open();
  const TestClient one(client_endpoint(1), broker_endpoint());
  const TestClient two(client_endpoint(2), broker_endpoint());
  install(one, 1);
  install(two, 2);

  for (int i = 0; i < 5; ++i) {
    one.send(make_udp({inner(1), inner(2)}, pattern(100)));
    EXPECT_TRUE(two.receive());
  }

  EXPECT_TRUE(wait_for([&] { return datapath_->counters().packets_down == 5; }));
  EXPECT_EQ(datapath_->counters().dropped(DropReason::LinkScope), 0U);
  EXPECT_FALSE(one.receive(kSilenceMs));
}

TEST_F(TunDatapathTest, NoQueueOfTheTrafficControlStandsBeforeTheDevice) {
  open();
  const auto netlink = RouteSocket::open();
  ASSERT_TRUE(netlink) << netlink.error();
  rtnl_link* link = nullptr;
  ASSERT_EQ(rtnl_link_get_kernel(netlink->get(), 0, default_options().device.c_str(), &link), 0);
  EXPECT_STREQ(rtnl_link_get_qdisc(link), "noqueue");
  rtnl_link_put(link);
}

}  // namespace tun_datapath_test
}  // namespace tsp::linux_::test
