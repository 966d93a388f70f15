// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/messages.h"

#include <gmock/gmock.h>
#include <linux/genetlink.h>

#include "adapters/linux/datapath/utun/module_test_support.h"

namespace tsp::linux_::utun::test {
namespace messages_test {

using dataplane::DropReason;

constexpr unsigned kAsk = NLM_F_REQUEST;
constexpr unsigned kOrder = NLM_F_REQUEST | NLM_F_ACK;

Bytes request(unsigned flags, std::uint8_t command, const Bytes& attributes) {
  return generic(kTarget.family, flags, 0, command, device_attribute() + attributes);
}

TEST(UtunMessages, AskForTheFamilyByItsName) {
  EXPECT_EQ(find_family(),
            generic(GENL_ID_CTRL, kAsk, 0, CTRL_CMD_GETFAMILY, attribute(CTRL_ATTR_FAMILY_NAME, text("utun"))));
}

TEST(UtunMessages, AddATunnelInUdp) {
  const Bytes wanted = request(kOrder, UTUN_CMD_TUNNEL_ADD, nest(UTUN_A_TUNNEL, udp_attributes()));
  EXPECT_EQ(add_tunnel(kTarget, {.op = {1}, .spec = udp_spec()}), wanted);
}

TEST(UtunMessages, AddATunnelInProtocol41WithoutPorts) {
  const Bytes wanted = request(kOrder, UTUN_CMD_TUNNEL_ADD, nest(UTUN_A_TUNNEL, bare_attributes()));
  EXPECT_EQ(add_tunnel(kTarget, {.op = {1}, .spec = bare_spec()}), wanted);
}

TEST(UtunMessages, NameEachTunnelThatIsReplaced) {
  const Bytes attributes =
      bare_attributes() + number64(UTUN_TUNNEL_A_REPLACES, 77) + number64(UTUN_TUNNEL_A_REPLACES, 5);
  const Bytes wanted = request(kOrder, UTUN_CMD_TUNNEL_ADD, nest(UTUN_A_TUNNEL, attributes));
  EXPECT_EQ(add_tunnel(kTarget, {.op = {1}, .spec = bare_spec(), .replaces = {{77}, {5}}}), wanted);
}

TEST(UtunMessages, HaveRoomForAsManyAsTheModuleReplaces) {
  InstallTunnel order{.op = {1}, .spec = udp_spec()};
  order.replaces.resize(kReplacesMax, TunnelId{3});
  EXPECT_EQ(add_tunnel(kTarget, order).size(),
            add_tunnel(kTarget, {.op = {1}, .spec = udp_spec()}).size() + kReplacesMax * number64(0, 0).size());
  EXPECT_FALSE(add_tunnels(kTarget, std::vector(kBatchMax, order)).empty());
  EXPECT_EQ(kReplacesMax, std::size_t{UTUN_REPLACES_MAX});
}

TEST(UtunMessages, AddSeveralTunnelsInTheirOrder) {
  const std::vector<InstallTunnel> orders{{.op = {1}, .spec = udp_spec()}, {.op = {2}, .spec = bare_spec()}};
  EXPECT_EQ(add_tunnels(kTarget, orders),
            request(kAsk, UTUN_CMD_TUNNEL_ADD_BATCH,
                    nest(UTUN_A_TUNNEL, udp_attributes()) + nest(UTUN_A_TUNNEL, bare_attributes())));
}

TEST(UtunMessages, DeleteATunnel) {
  EXPECT_EQ(delete_tunnel(kTarget, {.op = {1}, .id = {6}}),
            request(kOrder, UTUN_CMD_TUNNEL_DEL, number64(UTUN_A_ID, 6)));
}

TEST(UtunMessages, DeleteATunnelUnlessItWasSeen) {
  const auto deleted_unless_since = [](std::chrono::nanoseconds since) {
    return delete_tunnel(kTarget, {.op = {1}, .id = {6}, .unless_seen_since = Instant{since}});
  };
  const auto wanted = [](std::uint64_t since) {
    return request(kOrder, UTUN_CMD_TUNNEL_DEL, number64(UTUN_A_ID, 6) + number64(UTUN_A_UNLESS_SEEN_SINCE, since));
  };
  EXPECT_EQ(deleted_unless_since(std::chrono::seconds(2)), wanted(2'000'000'000));
  EXPECT_EQ(deleted_unless_since(std::chrono::seconds(-2)), wanted(0)) << "an instant before the host was started";
}

TEST(UtunMessages, AskForOneTunnelForAllAndForTheDevice) {
  EXPECT_EQ(get_tunnel(kTarget, {6}), request(kAsk, UTUN_CMD_TUNNEL_GET, number64(UTUN_A_ID, 6)));
  EXPECT_EQ(dump_tunnels(kTarget), request(kAsk | NLM_F_DUMP, UTUN_CMD_TUNNEL_GET, {}));
  EXPECT_EQ(get_device(kTarget), request(kAsk, UTUN_CMD_DEVICE_GET, {}));
}

TEST(UtunMessages, TellTheFamily) {
  const Bytes group =
      attribute(CTRL_ATTR_MCAST_GRP_NAME, text("events")) + attribute(CTRL_ATTR_MCAST_GRP_ID, raw(std::uint32_t{0x17}));
  const Bytes other =
      attribute(CTRL_ATTR_MCAST_GRP_NAME, text("others")) + attribute(CTRL_ATTR_MCAST_GRP_ID, raw(std::uint32_t{0x18}));
  const Bytes told = generic(GENL_ID_CTRL, 0, 1, CTRL_CMD_NEWFAMILY,
                             attribute(CTRL_ATTR_FAMILY_ID, raw(std::uint16_t{0x21})) +
                                 attribute(CTRL_ATTR_VERSION, raw(std::uint32_t{1})) +
                                 nest(CTRL_ATTR_MCAST_GROUPS, nest(1, other) + nest(2, group)));

  const auto family = read_family(told);

  ASSERT_TRUE(family);
  EXPECT_EQ(family->number, 0x21);
  EXPECT_EQ(family->version, 1U);
  EXPECT_EQ(family->events, 0x17U);
  EXPECT_FALSE(read_family(generic(GENL_ID_CTRL, 0, 1, CTRL_CMD_NEWFAMILY, {})));
  EXPECT_FALSE(read_family({}));
}

TEST(UtunMessages, TellATunnelAsItWasOrdered) {
  const auto udp = read_tunnel(told_tunnel(1, udp_attributes() + usage_attributes(9'000)));
  const auto bare = read_tunnel(told_tunnel(1, bare_attributes() + usage_attributes(0)));

  ASSERT_TRUE(udp && bare);
  EXPECT_EQ(udp->spec, udp_spec());
  EXPECT_EQ(bare->spec, bare_spec());
  EXPECT_EQ(udp->usage.id, udp_spec().id);
  EXPECT_EQ(udp->usage.last_seen, Instant{Duration(9'000)});
  EXPECT_EQ(bare->usage.last_seen, Instant{Duration(5'000)}) << "never seen: since it was installed";
  EXPECT_EQ(udp->usage.packets_up, 1U);
  EXPECT_EQ(udp->usage.bytes_up, 2U);
  EXPECT_EQ(udp->usage.packets_down, 3U);
  EXPECT_EQ(udp->usage.bytes_down, 4U);
}

TEST(UtunMessages, TellNothingThatLacksAnAttributeOrHasOneOfAnotherSize) {
  const Bytes whole = bare_attributes();
  for (std::size_t begin = 0; begin < whole.size();) {
    std::uint16_t length = 0;
    std::memcpy(&length, whole.data() + begin, sizeof length);
    const auto end = begin + (length + 3U) / 4U * 4U;
    const auto at = [&](std::size_t place) { return whole.begin() + static_cast<std::ptrdiff_t>(place); };
    const Bytes without = Bytes(at(0), at(begin)) + Bytes(at(end), whole.end());
    EXPECT_FALSE(read_tunnel(told_tunnel(1, without))) << "without the one at " << begin;
    const unsigned type = whole[begin + 2];
    EXPECT_FALSE(read_tunnel(told_tunnel(1, without + attribute(type, Bytes(3))))) << "type " << type;
    begin = end;
  }
  EXPECT_TRUE(read_tunnel(told_tunnel(1, whole)));
  EXPECT_FALSE(read_tunnel(generic(kTarget.family, 0, 1, UTUN_CMD_TUNNEL_GET, device_attribute())));
}

TEST(UtunMessages, TellWhatOfABatchWasRefused) {
  const Bytes refusal = attribute(UTUN_REFUSAL_A_INDEX, raw(std::uint32_t{2})) + number64(UTUN_REFUSAL_A_ID, 6) +
                        attribute(UTUN_REFUSAL_A_ERROR, raw(std::uint32_t{EEXIST})) +
                        attribute(UTUN_REFUSAL_A_MESSAGE, text("another tunnel has this path"));
  const Bytes other = attribute(UTUN_REFUSAL_A_INDEX, raw(std::uint32_t{4})) +
                      attribute(UTUN_REFUSAL_A_ERROR, raw(std::uint32_t{ENOMEM}));

  const auto answer = read_batch(generic(
      kTarget.family, 0, 1, UTUN_CMD_TUNNEL_ADD_BATCH,
      attribute(UTUN_A_ADDED, raw(std::uint32_t{3})) + nest(UTUN_A_REFUSAL, refusal) + nest(UTUN_A_REFUSAL, other)));

  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->added, 3U);
  ASSERT_EQ(answer->refusals.size(), 2U);
  EXPECT_EQ(answer->refusals[0].index, 2U);
  EXPECT_EQ(answer->refusals[0].error, EEXIST);
  EXPECT_EQ(answer->refusals[0].text, "another tunnel has this path");
  EXPECT_EQ(answer->refusals[1].index, 4U);
  EXPECT_EQ(answer->refusals[1].error, ENOMEM);
  EXPECT_FALSE(read_batch(generic(kTarget.family, 0, 1, UTUN_CMD_TUNNEL_ADD_BATCH, {})));
}

TEST(UtunMessages, TellEachCounterOfTheDevice) {
  Bytes counted;
  for (unsigned type = UTUN_COUNTER_A_PACKETS_UP; type <= UTUN_COUNTER_A_MSS_CLAMPED; ++type) {
    counted = counted + number64(type, 100 + type);
  }
  Bytes dropped;
  for (unsigned type = UTUN_DROP_PAD + 1; type <= UTUN_DROP_MAX; ++type)
    dropped = dropped + number64(type, 1000 + type);

  const auto counters =
      read_counters(generic(kTarget.family, 0, 1, UTUN_CMD_DEVICE_GET,
                            device_attribute() + nest(UTUN_A_COUNTERS, counted + nest(UTUN_COUNTER_A_DROPS, dropped))));

  ASSERT_TRUE(counters);
  EXPECT_EQ(counters->packets_up, 100U + UTUN_COUNTER_A_PACKETS_UP);
  EXPECT_EQ(counters->bytes_up, 100U + UTUN_COUNTER_A_BYTES_UP);
  EXPECT_EQ(counters->packets_down, 100U + UTUN_COUNTER_A_PACKETS_DOWN);
  EXPECT_EQ(counters->bytes_down, 100U + UTUN_COUNTER_A_BYTES_DOWN);
  EXPECT_EQ(counters->echo_replies, 100U + UTUN_COUNTER_A_ECHO_REPLIES);
  EXPECT_EQ(counters->icmp_errors, 100U + UTUN_COUNTER_A_ICMP_ERRORS);
  EXPECT_EQ(counters->outer_errors, 100U + UTUN_COUNTER_A_OUTER_ERRORS);
  EXPECT_EQ(counters->mss_clamped, 100U + UTUN_COUNTER_A_MSS_CLAMPED);
  std::vector<std::string_view> not_counted;
  for (std::size_t i = 0; i < dataplane::kDropReasons; ++i) {
    if (counters->drops[i] == 0) not_counted.push_back(dataplane::name(static_cast<DropReason>(i)));
  }
  EXPECT_THAT(not_counted, testing::ElementsAre("queue_full")) << "which is this process's own";
  EXPECT_EQ(counters->dropped(DropReason::ForeignSource), 1000U + UTUN_DROP_FOREIGN_SOURCE);
  EXPECT_EQ(counters->dropped(DropReason::SendFailed), 1000U + UTUN_DROP_SEND_FAILED);
  EXPECT_EQ(UTUN_DROP_MAX - UTUN_DROP_PAD, static_cast<int>(dataplane::kDropReasons) - 1);
}

TEST(UtunMessages, TellEvents) {
  const auto event = [](std::uint8_t command, const Bytes& attributes, std::uint32_t port = 0) {
    return read_event(generic(kTarget.family, 0, 0, command, device_attribute() + attributes, port));
  };
  const Bytes id = number64(UTUN_A_ID, 6);
  const auto reason = [](std::uint32_t value) { return attribute(UTUN_A_REASON, raw(value)); };

  const auto confirmed = event(UTUN_CMD_TUNNEL_CONFIRMED_NTF, id);
  ASSERT_TRUE(confirmed);
  EXPECT_EQ(confirmed->kind, Event::Kind::Confirmed);
  EXPECT_EQ(confirmed->device, kTarget.device);
  EXPECT_EQ(confirmed->tunnel, TunnelId{6});
  const auto removed = event(UTUN_CMD_TUNNEL_REMOVED_NTF, id + reason(UTUN_REMOVED_DELETED), 33);
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->kind, Event::Kind::Removed);
  EXPECT_EQ(removed->port, 33U);
  EXPECT_EQ(event(UTUN_CMD_TUNNEL_REMOVED_NTF, reason(UTUN_REMOVED_FLUSHED))->kind, Event::Kind::AllRemoved);
  EXPECT_EQ(event(UTUN_CMD_TUNNEL_REMOVED_NTF, reason(UTUN_REMOVED_DEVICE_GONE))->kind, Event::Kind::DeviceGone);
  EXPECT_EQ(event(UTUN_CMD_UNKNOWN_ENDPOINT_NTF, {})->kind, Event::Kind::Other);
  EXPECT_FALSE(read_event(generic(kTarget.family, 0, 0, UTUN_CMD_TUNNEL_CONFIRMED_NTF, id)));
  EXPECT_FALSE(read_event({}));
}

}  // namespace messages_test
}  // namespace tsp::linux_::utun::test
