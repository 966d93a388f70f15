// SPDX-License-Identifier: Apache-2.0
//
// Packets that are too big for a tunnel, as the host's own stack sends them, and how TCP is kept from sending them.
#include <gmock/gmock.h>
#include <netinet/udp.h>
#include <sys/socket.h>

#include "adapters/linux/datapath/tun/test_world.h"

namespace tsp::linux_::test {
namespace mtu_test {

using dataplane::test::make_udp;
using dataplane::test::pattern;

class MtuTest : public TunWorldTest {
 protected:
  static sockaddr_in6 to_sockaddr6(const IPv6Address& address, std::uint16_t port) {
    sockaddr_in6 result{};
    result.sin6_family = AF_INET6;
    result.sin6_port = htons(port);
    std::copy(address.octets.begin(), address.octets.end(), result.sin6_addr.s6_addr);
    return result;
  }
  static Bytes make_syn(const dataplane::test::Ends& ends) {
    return dataplane::test::make_tcp(ends, {.flags = dataplane::kTcpSyn, .options = {2, 4, 0x05, 0xA0}}, {});
  }
  // Of a SYN whose first option it is, as it is Linux's.
  static std::uint16_t mss_of(ByteView syn) {
    constexpr std::size_t kAt = dataplane::kIPv6HeaderSize + dataplane::kTcpHeaderSize;
    const bool there = syn.size() >= kAt + 4 && syn[kAt] == 2 && syn[kAt + 1] == 4;
    EXPECT_TRUE(there);
    return there ? dataplane::get16(syn, kAt + 2) : std::uint16_t{0};
  }
};

TEST_F(MtuTest, TheHostItselfLearnsTheTunnelsMtu) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);
  const FileDescriptor program(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in6 to = to_sockaddr6(inner(1), 5000);
  const Bytes payload = pattern(1400);
  const auto send = [&] {
    return sendto(program.get(), payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  };

  ASSERT_GT(send(), 0);
  ASSERT_TRUE(wait_for_drops(DropReason::TooBig, 1));
  ASSERT_TRUE(wait_for([&] { return datapath_->counters().icmp_errors == 1; }));
  ASSERT_GT(send(), 0);

  const auto first_fragment = client.receive();
  ASSERT_TRUE(first_fragment);
  EXPECT_EQ((*first_fragment)[dataplane::kNextHeaderAt], dataplane::kFragment);
  EXPECT_LE(first_fragment->size(), 1280U);
  EXPECT_TRUE(client.receive());
}

// The host's own stack leaves the checksum to the device.
TEST_F(MtuTest, ASynOfTheHostItselfHasASmallerMssAndARightChecksum) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);
  const FileDescriptor program(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_in6 to = to_sockaddr6(inner(1), 5000);

  connect(program.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to);

  const auto syn = client.receive();
  ASSERT_TRUE(syn);
  EXPECT_EQ(mss_of(*syn), 1220);
  EXPECT_TRUE(dataplane::upper_layer_checksum_right(*syn));
  EXPECT_TRUE(wait_for([&] { return datapath_->counters().mss_clamped == 1; }));
}

TEST_F(MtuTest, NothingIsClampedWhereItIsSwitchedOffUntilItIsSwitchedOnAgain) {
  open();
  const DeviceTap tap("tsp0");
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);
  const Bytes up = make_syn({inner(1), kOutside});
  const Bytes down = make_syn({kOutside, inner(1)});

  datapath_->clamp_mss(false);
  tap.send(down);
  EXPECT_EQ(client.receive(), down);
  client.send(up);
  EXPECT_EQ(tap.receive(), up);
  EXPECT_EQ(datapath_->counters().mss_clamped, 0U);

  datapath_->clamp_mss(true);
  client.send(up);
  const auto clamped = tap.receive();
  ASSERT_TRUE(clamped);
  EXPECT_EQ(mss_of(*clamped), 1220);
  EXPECT_EQ(datapath_->counters().mss_clamped, 1U);
}

}  // namespace mtu_test
}  // namespace tsp::linux_::test
