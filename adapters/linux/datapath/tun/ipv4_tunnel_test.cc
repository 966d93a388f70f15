// SPDX-License-Identifier: Apache-2.0
//
// v4v6 tunnels through the real kernel: what its IPv4 stack does otherwise than that of IPv6.
#include <gmock/gmock.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include <map>

#include "adapters/linux/datapath/tun/test_world.h"
#include "adapters/linux/datapath/tun/tun_device.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/vnet_header.h"

namespace tsp::linux_::test {
namespace ipv4_tunnel_test {

using dataplane::test::make_echo_request;
using dataplane::test::make_tcp;
using dataplane::test::make_udp;
using dataplane::test::pattern;
using testing::Optional;

constexpr std::size_t kBurst = 20;
constexpr std::uint16_t kPort = 5000;

class IPv4TunnelTest : public TunWorldTest {
 protected:
  void SetUp() override {
    TunWorldTest::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(write_sysctl("net/ipv4/conf/all/rp_filter", "1"));  // as many hosts have it
    add_loopback_address(outer_client(1).address);
    add_loopback_address(outer_client(2).address);
    open(ipv4_options());
  }
  static TestClient make_client(std::uint8_t number) { return {outer_client(number), Endpoint{kOuterBroker, 0}}; }
  static FileDescriptor make_program(int type) { return FileDescriptor(socket(AF_INET, type | SOCK_CLOEXEC, 0)); }
  static void set_option(const FileDescriptor& program, int option, int value) {
    ASSERT_EQ(setsockopt(program.get(), IPPROTO_IP, option, &value, sizeof value), 0);
  }
  // Of a program on the host.
  static ssize_t send_to(const FileDescriptor& program, const IPv6Address& to, ByteView payload) {
    const SocketAddress address = to_socket_address({to, kPort});
    return sendto(program.get(), payload.data(), payload.size(), 0, &address.any, address.size());
  }
  // One send of kBurst datagrams, as a program on the host gives them to the device.
  static void send_burst(const FileDescriptor& program, std::size_t payload_size) {
    const int segment = static_cast<int>(payload_size);
    ASSERT_EQ(setsockopt(program.get(), IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
    Bytes all;
    for (std::size_t i = 0; i < kBurst; ++i) {
      const Bytes one = payload_of(i, payload_size);
      all.insert(all.end(), one.begin(), one.end());
    }
    ASSERT_EQ(send_to(program, ipv4_inner(1), all), static_cast<ssize_t>(all.size()));
  }
  static Bytes payload_of(std::size_t index, std::size_t size) {
    return pattern(size, static_cast<std::uint8_t>(index * 13));
  }
};

TEST_F(IPv4TunnelTest, PacketsPassBothWays) {
  const DeviceTap tap("tsp0", true);
  const TestClient client = make_client(1);
  const TunnelSpec spec = install_ipv4(client, 1);
  const Bytes up = make_udp({spec.inner, kIPv4Outside}, pattern(500));
  const Bytes down = make_udp({kIPv4Outside, spec.inner}, pattern(1200));

  tap.send(down);
  EXPECT_THAT(client.receive(), Optional(down));
  client.send(up);
  EXPECT_THAT(tap.receive(), Optional(up));
}

TEST_F(IPv4TunnelTest, ItStandsBesideATunnelOfIPv6) {
  const TestClient client = make_client(1);
  const TestClient other(client_endpoint(1), broker_endpoint());
  install_ipv4(client, 1);
  install(other, 2);
  const Bytes request = make_echo_request({ipv4_inner(1), kIPv4Pool.server_address});
  const Bytes other_request = make_echo_request({inner(2), kServer});

  client.send(request);
  other.send(other_request);

  EXPECT_EQ(client.receive(), dataplane::make_echo_reply(request));
  EXPECT_EQ(other.receive(), dataplane::make_echo_reply(other_request));
}

TEST_F(IPv4TunnelTest, ClientsTalkToEachOtherAndTheHostSendsNoRedirects) {
  const TestClient one = make_client(1);
  const TestClient two = make_client(2);
  install_ipv4(one, 1);
  install_ipv4(two, 2);

  for (int i = 0; i < 5; ++i) {
    one.send(make_udp({ipv4_inner(1), ipv4_inner(2)}, pattern(100)));
    const auto received = two.receive();
    ASSERT_TRUE(received);
    EXPECT_EQ((*received)[dataplane::kTimeToLiveAt], 63) << "the host forwards, and counts as a hop";
  }

  EXPECT_TRUE(wait_for([&] { return datapath_->counters().packets_down == 5; }));
  EXPECT_FALSE(one.receive(kSilenceMs));
}

TEST_F(IPv4TunnelTest, AnEchoRequestWithOptionsIsAnsweredByTheHost) {
  const TestClient client = make_client(1);
  install_ipv4(client, 1);
  const dataplane::test::Ends ends{ipv4_inner(1), kIPv4Pool.server_address};

  client.send(dataplane::test::make_icmpv4(ends, 8, 0, Bytes{1, 2, 0, 1}, {.options = {7, 7, 4, 0, 0, 0, 0, 0}}));

  const auto reply = client.receive();
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->size(), 28U + 8U);
  EXPECT_EQ((*reply)[28], 0) << "an echo reply behind the options";
  EXPECT_EQ(datapath_->counters().echo_replies, 0U);
}

TEST_F(IPv4TunnelTest, TheHostItselfLearnsTheTunnelsMtu) {
  const TestClient client = make_client(1);
  install_ipv4(client, 1);
  const FileDescriptor program = make_program(SOCK_DGRAM);

  ASSERT_GT(send_to(program, ipv4_inner(1), pattern(1400)), 0);
  ASSERT_TRUE(wait_for_drops(DropReason::TooBig, 1));
  ASSERT_TRUE(wait_for([&] { return datapath_->counters().icmp_errors == 1; }));
  ASSERT_GT(send_to(program, ipv4_inner(1), pattern(1400)), 0);

  const auto first_fragment = client.receive();
  ASSERT_TRUE(first_fragment);
  EXPECT_TRUE(dataplane::is_ipv4_fragment(*first_fragment));
  EXPECT_LE(first_fragment->size(), 1280U);
  EXPECT_TRUE(client.receive());
}

// The host's own stack leaves the checksum to the device.
TEST_F(IPv4TunnelTest, ASynOfTheHostItselfHasASmallerMssAndARightChecksum) {
  const TestClient client = make_client(1);
  install_ipv4(client, 1);
  const FileDescriptor program = make_program(SOCK_STREAM | SOCK_NONBLOCK);
  const SocketAddress to = to_socket_address({ipv4_inner(1), kPort});

  connect(program.get(), &to.any, to.size());

  const auto syn = client.receive();
  ASSERT_TRUE(syn);
  constexpr std::size_t kOptionAt = dataplane::kIPv4HeaderSize + dataplane::kTcpHeaderSize;
  EXPECT_EQ(dataplane::get32(*syn, kOptionAt), 0x02040000U + 1240U);
  EXPECT_TRUE(dataplane::upper_layer_checksum_right(*syn));
}

TEST_F(IPv4TunnelTest, ABurstOfTheHostArrivesPacketByPacket) {
  const TestClient client = make_client(1);
  install_ipv4(client, 1);

  send_burst(make_program(SOCK_DGRAM), 1200);

  std::map<std::uint16_t, std::size_t> identifications;
  for (std::size_t i = 0; i < kBurst; ++i) {
    const auto packet = client.receive();
    ASSERT_TRUE(packet) << "packet " << i;
    EXPECT_TRUE(dataplane::header_checksum_right(*packet) && dataplane::upper_layer_checksum_right(*packet));
    EXPECT_EQ(Bytes(packet->begin() + 28, packet->end()), payload_of(i, 1200));
    ++identifications[dataplane::get16(*packet, dataplane::kIdentificationAt)];
  }
  EXPECT_EQ(identifications.size(), kBurst);
  EXPECT_TRUE(wait_for([&] { return usage({1}).packets_down == kBurst; }));
}

TEST_F(IPv4TunnelTest, SegmentsThatAreTooLargeAreFragmentedWhereThatIsNotForbidden) {
  const TestClient client = make_client(1);
  install_ipv4(client, 1);
  const FileDescriptor program = make_program(SOCK_DGRAM);
  set_option(program, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);

  send_burst(program, 1300);

  for (std::size_t i = 0; i < kBurst; ++i) {
    const auto first = client.receive();
    const auto second = client.receive();
    ASSERT_TRUE(first && second) << "packet " << i;
    EXPECT_LE(first->size(), 1280U);
    Bytes payload(first->begin() + 28, first->end());
    payload.insert(payload.end(), second->begin() + 20, second->end());
    EXPECT_EQ(payload, payload_of(i, 1300));
  }
  EXPECT_EQ(datapath_->counters().dropped(DropReason::TooBig), 0U);
  EXPECT_TRUE(wait_for([&] { return usage({1}).packets_down == 2 * kBurst; }));
}

TEST_F(IPv4TunnelTest, SegmentsThatMayNotBeFragmentedAreAnsweredWithOneError) {
  const TestClient client = make_client(1);
  install_ipv4(client, 1);
  const FileDescriptor program = make_program(SOCK_DGRAM);
  set_option(program, IP_MTU_DISCOVER, IP_PMTUDISC_DO);

  send_burst(program, 1300);

  ASSERT_TRUE(wait_for_drops(DropReason::TooBig, kBurst));
  EXPECT_TRUE(wait_for([&] { return datapath_->counters().icmp_errors == 1; }));
  EXPECT_FALSE(client.receive(kSilenceMs));
}

TEST_F(IPv4TunnelTest, ABurstOfAClientReachesAProgramOnTheHost) {
  const TestClient client = make_client(1);
  install_ipv4(client, 1);
  const FileDescriptor program = make_program(SOCK_DGRAM);
  const SocketAddress own = to_socket_address({kIPv4Pool.server_address, kPort});
  ASSERT_EQ(bind(program.get(), &own.any, own.size()), 0);

  for (std::size_t i = 0; i < kBurst; ++i) {
    client.send(make_udp({ipv4_inner(1), kIPv4Pool.server_address}, payload_of(i, 1000), 40'000, kPort));
  }

  for (std::size_t i = 0; i < kBurst; ++i) ASSERT_EQ(receive_from(program.get(), kPatienceMs), payload_of(i, 1000));
  EXPECT_TRUE(wait_for([&] { return usage({1}).packets_up == kBurst; }));
}

// As a raw socket gets segments that the kernel has merged on their way in.
TEST_F(IPv4TunnelTest, APacketThatTheKernelMergedIsCutUpAgain) {
  const auto netlink = RouteSocket::open();
  ASSERT_TRUE(netlink);
  const auto internet = TunDevice::open("internet0", 1, false);
  ASSERT_TRUE(internet);
  ASSERT_TRUE(bring_up(*netlink, "internet0", 1500, 100));
  ASSERT_TRUE(add_device_route(*netlink, host_prefix(kIPv4Outside), (*find_link(*netlink, "internet0"))->index));
  const TestClient client = make_client(1);
  install_ipv4(client, 1);
  Bytes merged = make_tcp({ipv4_inner(1), kIPv4Outside}, {}, pattern(5000));
  const auto rest = static_cast<std::uint32_t>(merged.size() - dataplane::kIPv4HeaderSize + dataplane::kTcp);
  dataplane::put16(merged, dataplane::kIPv4HeaderSize + dataplane::kTcpChecksumAt,
                   dataplane::ones_sum(dataplane::addresses_in(merged), rest));

  client.send(merged);

  Bytes payload;
  while (payload.size() < 5000) {
    pollfd readable{.fd = internet->queues.front().get(), .events = POLLIN, .revents = 0};
    ASSERT_EQ(poll(&readable, 1, kPatienceMs), 1) << "after " << payload.size();
    Bytes packet(65'536);
    const ssize_t size = read(readable.fd, packet.data(), packet.size());
    ASSERT_GT(size, static_cast<ssize_t>(sizeof(dataplane::VnetHeader)));
    packet.resize(static_cast<std::size_t>(size));
    packet.erase(packet.begin(), packet.begin() + sizeof(dataplane::VnetHeader));
    if (!dataplane::is_ipv4(packet)) continue;
    EXPECT_LE(packet.size(), 1280U);
    EXPECT_TRUE(dataplane::upper_layer_checksum_right(packet));
    payload.insert(payload.end(), packet.begin() + 40, packet.end());
  }
  EXPECT_EQ(payload, pattern(5000));
  EXPECT_TRUE(wait_for([&] { return usage({1}).packets_up == 5U; }));
}

TEST_F(IPv4TunnelTest, AnAddressWithoutATunnelIsUnreachableForPrograms) {
  const FileDescriptor program = make_program(SOCK_DGRAM);
  set_option(program, IP_RECVERR, 1);
  const SocketAddress to = to_socket_address({ipv4_inner(77), kPort});
  ASSERT_EQ(connect(program.get(), &to.any, to.size()), 0);
  ASSERT_EQ(send(program.get(), "?", 1, 0), 1);

  ASSERT_TRUE(wait_for_drops(DropReason::NoTunnel, 1));
  EXPECT_TRUE(wait_for([&] { return send(program.get(), "?", 1, 0) < 0 && errno == EHOSTUNREACH; }));
}

TEST_F(IPv4TunnelTest, ErrorsAboutWhatWasSentToAClientThatIsGoneAreCounted) {
  const DeviceTap tap("tsp0", true);
  {
    const TestClient client = make_client(1);
    install_ipv4(client, 1);
  }

  tap.send(make_udp({kIPv4Outside, ipv4_inner(1)}, pattern(100)));

  EXPECT_TRUE(wait_for([&] { return datapath_->counters().outer_errors > 0; }));
}

TEST_F(IPv4TunnelTest, ATunnelOfMixedVersionsIsRefused) {
  const TunnelSpec right{.id = {1},
                         .type = TunnelType::V4V6,
                         .path = {.remote = outer_client(1), .local = {kOuterBroker, 0}},
                         .inner = ipv4_inner(1),
                         .delegated = {},
                         .server_address = kIPv4Pool.server_address};
  const auto status_with = [&](auto change) {
    TunnelSpec spec = right;
    change(spec);
    return complete(InstallTunnel{.op = {++last_op_}, .spec = spec, .replaces = {}}).status;
  };
  EXPECT_EQ(status_with([](TunnelSpec& spec) { spec.inner = inner(1); }), DatapathStatus::Failed);
  EXPECT_EQ(status_with([](TunnelSpec& spec) { spec.server_address = kServer; }), DatapathStatus::Failed);
  EXPECT_EQ(status_with([](TunnelSpec& spec) { spec.delegated = prefix("2001:db8:1:8000::/56"); }),
            DatapathStatus::Failed);
  EXPECT_EQ(status_with([](TunnelSpec& spec) { spec.path.remote = make_endpoint({{127, 0, 1, 1}}, 0); }),
            DatapathStatus::Failed);
  EXPECT_EQ(status_with([](TunnelSpec& spec) { spec.path.remote.port = 1; }), DatapathStatus::Failed);
  EXPECT_EQ(status_with([](TunnelSpec& spec) { spec.type = TunnelType::V6UdpV4; }), DatapathStatus::Failed);
  EXPECT_EQ(status_with([](TunnelSpec&) {}), DatapathStatus::Done);
}

}  // namespace ipv4_tunnel_test
}  // namespace tsp::linux_::test
