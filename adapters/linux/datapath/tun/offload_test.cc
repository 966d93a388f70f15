// SPDX-License-Identifier: Apache-2.0
//
// Super-packets through the real kernel, and what happens where they are refused.
#include <gmock/gmock.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>

#include "adapters/linux/datapath/tun/test_world.h"

namespace tsp::linux_::test {
namespace offload_test {

using dataplane::test::make_udp;
using dataplane::test::pattern;

constexpr std::size_t kBurst = 20;
constexpr std::uint16_t kPort = 5000;

sockaddr_in6 to_sockaddr6(const IPv6Address& address) {
  sockaddr_in6 result{};
  result.sin6_family = AF_INET6;
  result.sin6_port = htons(kPort);
  std::copy(address.octets.begin(), address.octets.end(), result.sin6_addr.s6_addr);
  return result;
}

Bytes payload_of(std::size_t index, std::size_t size) {
  return pattern(size, static_cast<std::uint8_t>(index * 13));
}

class OffloadTest : public TunWorldTest {
 protected:
  // One send of kBurst datagrams, as a program on the host or a driver with large receive offload gives them to the
  // device.
  void send_from_host(std::size_t payload_size) {
    const FileDescriptor program(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in6 to = to_sockaddr6(inner(1));
    const int segment = static_cast<int>(payload_size);
    ASSERT_EQ(setsockopt(program.get(), IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);
    Bytes all;
    for (std::size_t i = 0; i < kBurst; ++i) {
      const Bytes one = payload_of(i, payload_size);
      all.insert(all.end(), one.begin(), one.end());
    }
    ASSERT_EQ(sendto(program.get(), all.data(), all.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
              static_cast<ssize_t>(all.size()));
  }
  void expect_burst(const TestClient& client, std::size_t payload_size) {
    for (std::size_t i = 0; i < kBurst; ++i) {
      const auto packet = client.receive();
      ASSERT_TRUE(packet) << "packet " << i;
      ASSERT_EQ(packet->size(), payload_size + 48);
      EXPECT_TRUE(dataplane::upper_layer_checksum_right(*packet));
      EXPECT_EQ(Bytes(packet->begin() + 48, packet->end()), payload_of(i, payload_size));
    }
  }
  // One send of kBurst packets by a client to a program on the host, each with a source port so much higher than the
  // one before.
  void carry_burst_up(const TestClient& client, unsigned port_step) {
    const FileDescriptor program(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const sockaddr_in6 own = to_sockaddr6(kServer);
    ASSERT_EQ(bind(program.get(), reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
    Bytes all;
    for (std::size_t i = 0; i < kBurst; ++i) {
      const auto source_port = static_cast<std::uint16_t>(40'000 + i * port_step);
      const Bytes packet = make_udp({inner(1), kServer}, payload_of(i, 1000), source_port, kPort);
      all.insert(all.end(), packet.begin(), packet.end());
    }
    const int segment = 1048;
    ASSERT_EQ(setsockopt(client.fd(), IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof segment), 0);

    client.send(all);

    for (std::size_t i = 0; i < kBurst; ++i) ASSERT_EQ(receive_from(program.get(), kPatienceMs), payload_of(i, 1000));
  }
  static void set_loopback_mtu(int mtu) {
    const FileDescriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_mtu = mtu;
    ASSERT_EQ(ioctl(any.get(), SIOCSIFMTU, &request), 0);
  }
};

TEST_F(OffloadTest, ABurstOfTheHostGoesOutInOneSend) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);

  send_from_host(1200);

  expect_burst(client, 1200);
  EXPECT_TRUE(wait_for([&] { return datapath_->counters().packets_down == kBurst; }));
  EXPECT_EQ(datapath_->counters().offloads.segmented_down, kBurst);
  EXPECT_TRUE(wait_for([&] { return usage({1}).packets_down == kBurst; }));
  EXPECT_TRUE(wait_for([&] { return usage({1}).bytes_down == kBurst * 1248; }));
}

TEST_F(OffloadTest, WithoutOffloadsTheSameBurstGoesOutPacketByPacket) {
  TunOptions options = default_options();
  options.offloads = false;
  open(options);
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);

  send_from_host(1200);

  expect_burst(client, 1200);
  EXPECT_EQ(datapath_->counters().offloads.segmented_down, 0U);
  EXPECT_FALSE(datapath_->counters().offloads.tun_tso);
}

TEST_F(OffloadTest, WhereThePathIsTooNarrowForSegmentsTheyAreSentSinglyAndFragmented) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);
  set_loopback_mtu(1270);  // a packet of the burst is 1248 bytes, and 1276 with the outer headers

  send_from_host(1200);
  expect_burst(client, 1200);
  send_from_host(1200);
  expect_burst(client, 1200);

  EXPECT_TRUE(wait_for([&] { return datapath_->counters().packets_down == 2 * kBurst; }));
  const DatapathCounters counters = datapath_->counters();
  EXPECT_EQ(counters.offloads.udp_segment_refused, 1U) << "it is tried once";
  EXPECT_EQ(counters.dropped(DropReason::SendFailed), 0U);
  EXPECT_TRUE(counters.offloads.udp_segment) << "other clients keep it";
}

TEST_F(OffloadTest, SuperPacketsWithTooLargeSegmentsAreAnsweredWithOneError) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);

  send_from_host(1300);

  ASSERT_TRUE(wait_for_drops(DropReason::TooBig, kBurst));
  EXPECT_TRUE(wait_for([&] { return datapath_->counters().icmp_errors == 1; }));
  EXPECT_FALSE(client.receive(kSilenceMs));
}

TEST_F(OffloadTest, SmallPacketsThatFillMoreThanOneSendAllArrive) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);
  const FileDescriptor program(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_in6 to = to_sockaddr6(inner(1));

  constexpr std::uint32_t kPackets = 300;
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    ASSERT_EQ(sendto(program.get(), &i, sizeof i, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to),
              static_cast<ssize_t>(sizeof i));
  }

  for (std::uint32_t i = 0; i < kPackets; ++i) {
    const auto packet = client.receive();
    ASSERT_TRUE(packet) << "packet " << i;
    std::uint32_t number = 0;
    std::memcpy(&number, packet->data() + 48, sizeof number);
    EXPECT_EQ(number, i);
  }
}

TEST_F(OffloadTest, ABurstOfAClientReachesAProgramOnTheHost) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);
  ASSERT_NO_FATAL_FAILURE(carry_burst_up(client, 0));

  EXPECT_TRUE(wait_for([&] { return usage({1}).packets_up == kBurst; }));
  if (datapath_->counters().offloads.tun_uso) {
    EXPECT_TRUE(wait_for([&] { return datapath_->counters().offloads.merged_up == kBurst; }));
  }
}

TEST_F(OffloadTest, PacketsOfManyFlowsThatArriveInOnePieceStayAsTheyWere) {
  open();
  const TestClient client(client_endpoint(1), broker_endpoint());
  install(client, 1);
  ASSERT_NO_FATAL_FAILURE(carry_burst_up(client, 1));

  EXPECT_EQ(datapath_->counters().offloads.merged_up, 0U);
}

}  // namespace offload_test
}  // namespace tsp::linux_::test
