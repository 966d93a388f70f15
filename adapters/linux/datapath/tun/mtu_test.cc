// SPDX-License-Identifier: Apache-2.0
//
// Packets that are too big for a tunnel, single ones and super-packets, as the host's own stack sends them.
#include <gmock/gmock.h>
#include <netinet/udp.h>

#include "adapters/linux/datapath/tun/test_world.h"

namespace tsp::linux_::test {
namespace {

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

}  // namespace
}  // namespace tsp::linux_::test
