// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/outer_socket.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>

#include "adapters/linux/net/receive_batch.h"
#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {
namespace outer_socket_test {

using testing::HasSubstr;

IPv4Address loopback(std::uint8_t last) {
  return {{127, 0, 0, last}};
}

// A port that nobody had a moment ago.
std::uint16_t free_port() {
  const FileDescriptor fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(address.sin_port);
}

bool readable(int fd) {
  pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&wanted, 1, 2000) == 1;
}

class UdpSocketTest : public testing::Test {
 protected:
  OuterSocket open(const IPv4Address& local, bool merge = true) { return open(map_ipv4(local), merge); }
  OuterSocket open(const IPv6Address& local, bool merge = true) {
    auto opened = OuterSocket::open_udp({.local = {local, port_}, .share_port = true, .merge_received = merge});
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  // Connected, so that it hears only the address it contacted.
  FileDescriptor connect_client(const IPv4Address& to, bool broadcast = false) {
    return connect_client(map_ipv4(to), broadcast);
  }
  FileDescriptor connect_client(const IPv6Address& to, bool broadcast = false) {
    FileDescriptor fd(socket(is_mapped(to) ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int on = broadcast ? 1 : 0;
    EXPECT_EQ(setsockopt(fd.get(), SOL_SOCKET, SO_BROADCAST, &on, sizeof on), 0);
    const SocketAddress address = to_socket_address({to, port_});
    EXPECT_EQ(connect(fd.get(), &address.any, address.size()), 0);
    return fd;
  }
  std::optional<ReceivedDatagrams> receive(const OuterSocket& socket) {
    EXPECT_TRUE(readable(socket.fd()));
    EXPECT_EQ(batch_.receive(socket), 1U);
    return batch_.at(0);
  }
  // Three datagrams that are sent as one.
  void expect_received_as_one(const IPv6Address& at) {
    const OuterSocket socket = open(at);
    const FileDescriptor client = connect_client(at);
    const int segment = 100;
    ASSERT_EQ(setsockopt(client.get(), IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
    const Bytes three(250, 7);
    ASSERT_EQ(send(client.get(), three.data(), three.size(), 0), 250);

    const auto received = receive(socket);

    ASSERT_TRUE(received);
    EXPECT_EQ(received->bytes.size(), 250U);
    EXPECT_EQ(received->segment_size, 100U);
  }

  const std::uint16_t port_ = free_port();
  const Bytes hello_{'h', 'e', 'l', 'l', 'o'};
  ReceiveBatch batch_;
};

TEST_F(UdpSocketTest, ADatagramTellsTheAddressThatWasContactedAndTheReplyLeavesFromIt) {
  const OuterSocket socket = open(IPv4Address{});
  const FileDescriptor client = connect_client(loopback(9));
  ASSERT_EQ(send(client.get(), hello_.data(), hello_.size(), 0), 5);

  const auto received = receive(socket);

  ASSERT_TRUE(received);
  EXPECT_EQ(received->path.local, make_endpoint(loopback(9), port_));
  EXPECT_EQ(Bytes(received->bytes.begin(), received->bytes.end()), hello_);
  EXPECT_TRUE(send_datagram(socket, received->path, hello_));
  EXPECT_TRUE(readable(client.get()));
}

TEST_F(UdpSocketTest, DatagramsThatWereSentAsOneCanBeReceivedAsOne) {
  expect_received_as_one(map_ipv4(loopback(1)));
}

TEST_F(UdpSocketTest, WithoutMergingEachDatagramComesAlone) {
  const OuterSocket socket = open(loopback(1), false);
  const FileDescriptor client = connect_client(loopback(1));
  const int segment = 100;
  ASSERT_EQ(setsockopt(client.get(), IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
  const Bytes three(250, 7);
  ASSERT_EQ(send(client.get(), three.data(), three.size(), 0), 250);
  ASSERT_TRUE(readable(socket.fd()));

  ASSERT_EQ(batch_.receive(socket), 3U);

  EXPECT_EQ(batch_.at(0)->bytes.size(), 100U);
  EXPECT_EQ(batch_.at(2)->bytes.size(), 50U);
  EXPECT_EQ(batch_.at(2)->segment_size, 50U);
}

TEST_F(UdpSocketTest, BroadcastIsNotTakenForADatagramToTheBroker) {
  const OuterSocket socket = open(IPv4Address{});
  const FileDescriptor client = connect_client(IPv4Address{{127, 255, 255, 255}}, true);
  ASSERT_EQ(send(client.get(), hello_.data(), hello_.size(), 0), 5);

  EXPECT_FALSE(receive(socket));
}

TEST_F(UdpSocketTest, AnEmptyDatagramIsPassedOver) {
  const OuterSocket socket = open(loopback(1));
  const FileDescriptor client = connect_client(loopback(1));
  ASSERT_EQ(send(client.get(), nullptr, 0, 0), 0);

  EXPECT_FALSE(receive(socket));
}

TEST_F(UdpSocketTest, PortUnreachableDoesNotDisturbSending) {
  const OuterSocket socket = open(loopback(1));
  const FourTuple nobody{.remote = make_endpoint(loopback(1), free_port()), .local = socket.local()};

  for (int i = 0; i < 10; ++i) EXPECT_TRUE(send_datagram(socket, nobody, hello_));
}

TEST_F(UdpSocketTest, ThePathMtuOfAnIcmpErrorIsIgnored) {
  const OuterSocket socket = open(loopback(1));
  int mode = -1;
  socklen_t size = sizeof mode;

  ASSERT_EQ(getsockopt(socket.fd(), IPPROTO_IP, IP_MTU_DISCOVER, &mode, &size), 0);

  EXPECT_EQ(mode, IP_PMTUDISC_OMIT);
}

TEST_F(UdpSocketTest, SeveralSocketsShareAPortButASecondBrokerIsNoticed) {
  EXPECT_TRUE(check_port_free(make_endpoint(loopback(1), port_)));
  const OuterSocket first = open(loopback(1));
  const OuterSocket second = open(loopback(1));

  const auto checked = check_port_free(make_endpoint(loopback(1), port_));

  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error(), HasSubstr("another broker"));
}

TEST_F(UdpSocketTest, ASocketServesItsAddressOrAllOfThem) {
  const OuterSocket one = open(loopback(1));
  const OuterSocket all = open(IPv4Address{});

  EXPECT_TRUE(one.serves(make_endpoint(loopback(1), port_)));
  EXPECT_FALSE(one.serves(make_endpoint(loopback(2), port_)));
  EXPECT_TRUE(all.serves(make_endpoint(loopback(2), port_)));
  EXPECT_FALSE(all.serves(make_endpoint(loopback(2), 1)));
}

// ---- IPv6 -----------------------------------------------------------------------------------------------------

const IPv6Address kLoopback6 = *parse_ipv6("::1");

TEST_F(UdpSocketTest, AnIPv6DatagramIsAnsweredFromTheAddressThatWasContacted) {
  const OuterSocket socket = open(IPv6Address{});
  const FileDescriptor client = connect_client(kLoopback6);
  ASSERT_EQ(send(client.get(), hello_.data(), hello_.size(), 0), 5);

  const auto received = receive(socket);

  ASSERT_TRUE(received);
  EXPECT_EQ(received->path.local, (Endpoint{kLoopback6, port_}));
  EXPECT_EQ(received->path.remote.address, kLoopback6);
  EXPECT_NE(received->path.remote.port, 0);
  EXPECT_TRUE(send_datagram(socket, received->path, hello_));
  EXPECT_TRUE(readable(client.get()));
}

TEST_F(UdpSocketTest, IPv6DatagramsThatWereSentAsOneCanBeReceivedAsOne) {
  expect_received_as_one(kLoopback6);
}

TEST_F(UdpSocketTest, AllIPv6AddressesAreNoIPv4Address) {
  const OuterSocket six = open(IPv6Address{});
  const OuterSocket four = open(IPv4Address{});
  const FileDescriptor client = connect_client(loopback(1));
  ASSERT_EQ(send(client.get(), hello_.data(), hello_.size(), 0), 5);

  EXPECT_TRUE(receive(four));
  EXPECT_EQ(batch_.receive(six), 0U);
}

TEST_F(UdpSocketTest, ASecondBrokerIsNoticedOnIPv6Too) {
  EXPECT_TRUE(check_port_free({kLoopback6, port_}));
  const OuterSocket first = open(kLoopback6);

  const auto checked = check_port_free({kLoopback6, port_});

  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error(), HasSubstr("another broker"));
  EXPECT_TRUE(check_port_free(make_endpoint(loopback(1), port_)));
}

TEST_F(UdpSocketTest, PortUnreachableDoesNotDisturbSendingOverIPv6) {
  const OuterSocket socket = open(kLoopback6);
  const FourTuple nobody{.remote = {kLoopback6, free_port()}, .local = socket.local()};

  for (int i = 0; i < 10; ++i) EXPECT_TRUE(send_datagram(socket, nobody, hello_));
}

TEST_F(UdpSocketTest, ASocketServesAddressesOfItsVersionOnly) {
  const OuterSocket one = open(kLoopback6);
  const OuterSocket all = open(IPv6Address{});
  const OuterSocket all_of_ipv4 = open(IPv4Address{});
  const IPv6Address other = *parse_ipv6("2001:db8::1");

  EXPECT_TRUE(one.serves({kLoopback6, port_}));
  EXPECT_FALSE(one.serves({other, port_}));
  EXPECT_TRUE(all.serves({other, port_}));
  EXPECT_FALSE(all.serves(make_endpoint(loopback(1), port_)));
  EXPECT_FALSE(all_of_ipv4.serves({other, port_}));
}

TEST_F(UdpSocketTest, PathMtuAndHopLimitOfIPv6AreOurOwn) {
  const OuterSocket socket = open(kLoopback6);
  const auto option = [&](int name) {
    int value = -1;
    socklen_t size = sizeof value;
    EXPECT_EQ(getsockopt(socket.fd(), IPPROTO_IPV6, name, &value, &size), 0);
    return value;
  };
  EXPECT_EQ(option(IPV6_MTU_DISCOVER), IPV6_PMTUDISC_OMIT);
  EXPECT_EQ(option(IPV6_UNICAST_HOPS), 64);
}

}  // namespace outer_socket_test
}  // namespace tsp::linux_
