// SPDX-License-Identifier: Apache-2.0
//
// Packets directly in packets of the other version, over the loopback device of a namespace.
#include "adapters/linux/client/bare_carrier.h"

#include <netinet/in.h>

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/linux/client/connected_socket.h"
#include "adapters/linux/net/udp_message.h"
#include "adapters/linux/netlink/address.h"
#include "adapters/linux/netlink/route.h"
#include "adapters/linux/netlink/test_namespace.h"

namespace tsp::linux_ {
namespace bare_carrier_test {

using namespace std::chrono_literals;

struct Ends {
  IPv6Address client;
  IPv6Address server;
  IPv6Address stranger;
};
const Ends kOverIPv4{
    .client = map_ipv4({{127, 0, 0, 2}}), .server = map_ipv4({{127, 0, 0, 3}}), .stranger = map_ipv4({{127, 0, 0, 4}})};
const Ends kOverIPv6{
    .client = *parse_ipv6("2001:db8::2"), .server = *parse_ipv6("2001:db8::3"), .stranger = *parse_ipv6("2001:db8::4")};

class BareCarrierTest : public test::NamespaceTest, public testing::WithParamInterface<const Ends*> {
 protected:
  void SetUp() override {
    NamespaceTest::SetUp();
    if (IsSkipped()) return;
    const auto netlink = RouteSocket::open();
    ASSERT_TRUE(netlink);
    const int loopback = static_cast<int>(if_nametoindex("lo"));
    for (const IPv6Address& address : {kOverIPv6.client, kOverIPv6.server, kOverIPv6.stranger}) {
      ASSERT_TRUE(add_address(*netlink, loopback, address));
      while (!is_local(*netlink, address)) std::this_thread::yield();
    }
  }
  const Ends& ends() const { return *GetParam(); }
  std::unique_ptr<BareCarrier> open() {
    auto opened = BareCarrier::open(
        io_, ends().client, ends().server, BareCarrier::Wanted::Everything,
        [this](std::span<std::uint8_t> packet) { arrived_.emplace_back(packet.begin(), packet.end()); });
    return std::move(opened).value();
  }
  // Until that many packets have arrived; false after a time in which they always do.
  bool run_until_arrived(std::size_t count) {
    const auto give_up = std::chrono::steady_clock::now() + 5s;
    while (arrived_.size() < count && std::chrono::steady_clock::now() < give_up) {
      io_.restart();
      io_.run_one_for(100ms);
    }
    return arrived_.size() == count;
  }
  static void send(const FileDescriptor& socket, const Bytes& bytes) {
    ASSERT_EQ(::send(socket.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  }
  // Of whoever has the address, towards the client.
  FileDescriptor socket_of(const IPv6Address& address) const { return connect_bare(address, ends().client).value(); }

  asio::io_context io_;
  std::vector<Bytes> arrived_;
};

TEST_P(BareCarrierTest, GivesWhatIsBehindTheHeaderAndTakesItFromTheServerOnly) {
  const auto carrier = open();
  const FileDescriptor server = socket_of(ends().server);
  const FileDescriptor stranger = socket_of(ends().stranger);

  send(stranger, Bytes(50, 1));
  send(server, Bytes(60, 2));

  EXPECT_TRUE(run_until_arrived(1));
  EXPECT_EQ(arrived_, std::vector<Bytes>{Bytes(60, 2)});
}

TEST_P(BareCarrierTest, WhatIsWrittenGoesToTheServerFromTheAddressOfTheSignalling) {
  const auto carrier = open();
  const FileDescriptor server = socket_of(ends().server);

  ASSERT_EQ(::send(carrier->fd(), "packet", 6, 0), 6);

  std::array<char, 64> buffer{};
  SocketAddress from{};
  socklen_t size = sizeof from;
  const ssize_t got = recvfrom(server.get(), buffer.data(), buffer.size(), MSG_DONTWAIT, &from.any, &size);
  ASSERT_GE(got, 6);
  EXPECT_EQ(std::string_view(buffer.data() + got - 6, 6), "packet");
  EXPECT_EQ(to_endpoint(from).address, ends().client);
}

TEST_P(BareCarrierTest, AnAddressThatTheHostDoesNotHaveIsAnErrorInOneLine) {
  const IPv6Address foreign = is_mapped(ends().client) ? map_ipv4({{192, 0, 2, 9}}) : *parse_ipv6("2001:db8::9");

  const auto opened = BareCarrier::open(io_, foreign, ends().server, BareCarrier::Wanted::Everything, {});

  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), std::string("protocol ") + (is_mapped(foreign) ? "41" : "4") + " to " +
                                to_unmapped_text(ends().server) + ": Cannot assign requested address");
}

INSTANTIATE_TEST_SUITE_P(BothVersions, BareCarrierTest, testing::Values(&kOverIPv4, &kOverIPv6),
                         [](const auto& tested) { return tested.param == &kOverIPv4 ? "OverIPv4" : "OverIPv6"; });

// A path that is too narrow: no router in IPv6 fragments, so this host must.
TEST(ConnectedSocket, PacketsInIPv6AreCutToThePathAndHaveAHopLimitOfTheirOwn) {
  if (!test::enter_fresh_namespace()) GTEST_SKIP() << "needs root, to make a network namespace";
  const IPv6Address loopback = *parse_ipv6("::1");
  const auto socket = connect_bare(loopback, loopback);
  ASSERT_TRUE(socket) << socket.error();
  const auto option = [&](int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(socket->get(), IPPROTO_IPV6, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(IPV6_MTU_DISCOVER), IPV6_PMTUDISC_DONT);
  EXPECT_EQ(option(IPV6_UNICAST_HOPS), 64);
}

}  // namespace bare_carrier_test
}  // namespace tsp::linux_
