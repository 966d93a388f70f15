// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/events.h"

#include <gmock/gmock.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "adapters/linux/datapath/utun/module_test_support.h"
#include "adapters/linux/datapath/utun/orders.h"

namespace tsp::linux_::utun::test {
namespace events_test {

using testing::ElementsAre;

constexpr std::uint32_t kOwnPort = 500;

Bytes confirmed(std::uint64_t id, std::uint32_t device = kTarget.device) {
  return generic(kTarget.family, 0, 0, UTUN_CMD_TUNNEL_CONFIRMED_NTF,
                 device_attribute(device) + number64(UTUN_A_ID, id));
}
Bytes removed(std::uint64_t id, std::uint32_t port) {
  return generic(
      kTarget.family, 0, 0, UTUN_CMD_TUNNEL_REMOVED_NTF,
      device_attribute() + attribute(UTUN_A_REASON, raw(std::uint32_t{UTUN_REMOVED_DELETED})) + number64(UTUN_A_ID, id),
      port);
}
Bytes all_removed(std::uint32_t reason, std::uint32_t device = kTarget.device) {
  return generic(kTarget.family, 0, 0, UTUN_CMD_TUNNEL_REMOVED_NTF,
                 device_attribute(device) + attribute(UTUN_A_REASON, raw(reason)));
}
Bytes link_removed(std::int32_t index, std::uint8_t family = AF_UNSPEC, unsigned type = RTM_DELLINK) {
  return linux_::test::message(type, 0, 0, Bytes{family, 0, 0, 0} + raw(index) + Bytes(8));
}

News module_news(const std::vector<Bytes>& pieces) {
  FakeChannel channel;
  for (const Bytes& piece : pieces) channel.push(piece);
  News news;
  read_module_events(channel, kTarget.device, kOwnPort, news);
  return news;
}
News link_news(const std::vector<Bytes>& pieces) {
  FakeChannel channel;
  for (const Bytes& piece : pieces) channel.push(piece);
  News news;
  read_link_events(channel, kTarget.device, news);
  return news;
}

TEST(UtunEvents, NothingIsNoNews) {
  EXPECT_EQ(module_news({}), News{});
  EXPECT_EQ(link_news({}), News{});
}

TEST(UtunEvents, ConfirmationsComeInTheirOrder) {
  const News news = module_news({confirmed(3) + confirmed(4), confirmed(5)});
  EXPECT_THAT(news.confirmed, ElementsAre(TunnelId{3}, TunnelId{4}, TunnelId{5}));
  EXPECT_FALSE(news.tunnels_lost || news.device_gone);
}

TEST(UtunEvents, OtherDevicesAndTheSelfTestsTunnelAreNoNews) {
  EXPECT_EQ(module_news({confirmed(3, 77), all_removed(UTUN_REMOVED_FLUSHED, 77), confirmed(kProbeTunnel.value),
                         removed(kProbeTunnel.value, 1234)}),
            News{});
}

TEST(UtunEvents, OurOwnRemovalsAreNoNewsSomebodyElsesAre) {
  EXPECT_EQ(module_news({removed(3, kOwnPort), removed(4, 0)}), News{});
  EXPECT_TRUE(module_news({removed(3, kOwnPort + 1)}).tunnels_lost);
  EXPECT_TRUE(module_news({all_removed(UTUN_REMOVED_FLUSHED)}).tunnels_lost);
}

TEST(UtunEvents, ADeviceThatIsGoneIsToldByTheModuleOrByTheKernel) {
  EXPECT_TRUE(module_news({all_removed(UTUN_REMOVED_DEVICE_GONE)}).device_gone);
  EXPECT_TRUE(link_news({link_removed(9)}).device_gone);
  EXPECT_EQ(link_news({link_removed(10), link_removed(9, AF_BRIDGE), link_removed(9, AF_UNSPEC, RTM_NEWLINK)}), News{});
}

TEST(UtunEvents, EventsThatDidNotFitMayHaveBeenAny) {
  FakeChannel channel;
  channel.push(confirmed(3));
  channel.push_error(ENOBUFS);
  channel.push(confirmed(4));
  News news;

  read_module_events(channel, kTarget.device, kOwnPort, news);

  EXPECT_THAT(news.confirmed, ElementsAre(TunnelId{3}, TunnelId{4}));
  EXPECT_TRUE(news.tunnels_lost);
  channel.push_error(ENOBUFS);
  News links;
  read_link_events(channel, kTarget.device, links);
  EXPECT_TRUE(links.tunnels_lost);
}

TEST(UtunEvents, BytesThatAreNoEventAreNoNews) {
  EXPECT_EQ(module_news({Bytes(3), linux_::test::message(kTarget.family, 0, 0, {})}), News{});
  EXPECT_EQ(link_news({linux_::test::message(RTM_DELLINK, 0, 0, Bytes(4))}), News{});
}

}  // namespace events_test
}  // namespace tsp::linux_::utun::test
