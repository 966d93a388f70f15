// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/device.h"

#include <gmock/gmock.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "adapters/linux/datapath/utun/module_test_support.h"

namespace tsp::linux_::utun::test {
namespace device_test {

using linux_::test::header_of;
using linux_::test::message;
using linux_::test::unnumbered;
using testing::HasSubstr;

constexpr unsigned kOrder = NLM_F_REQUEST | NLM_F_ACK;

DeviceSettings settings() {
  return {.name = "lo",  // a name that has an index in every namespace
          .sockets = {5, 6},
          .protocol_41 = {map_ipv4(IPv4Address{{192, 0, 2, 1}})},
          .server_address = address("2001:db8:1::1")};
}
// struct ifinfomsg
Bytes link_header(std::int32_t index) {
  return Bytes(4) + raw(index) + Bytes(8);
}
Bytes settings_attributes(std::uint8_t clamp = 1) {
  return nest(IFLA_UTUN_SOCKETS,
              attribute(IFLA_UTUN_SOCKET, raw(std::uint32_t{5})) + attribute(IFLA_UTUN_SOCKET, raw(std::uint32_t{6}))) +
         nest(IFLA_UTUN_PROTO41, attribute(IFLA_UTUN_ADDRESS, {192, 0, 2, 1})) +
         attribute(IFLA_UTUN_SERVER_ADDRESS, octets(address("2001:db8:1::1"))) +
         attribute(IFLA_UTUN_CLAMP_MSS, {clamp});
}
Bytes link_info(const Bytes& data) {
  return nest(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, text("utun")) + nest(IFLA_INFO_DATA, data));
}

TEST(UtunDeviceMessages, MakeADevice) {
  EXPECT_EQ(make_device(settings()),
            message(RTM_NEWLINK, kOrder | NLM_F_CREATE | NLM_F_EXCL, 0,
                    link_header(0) + attribute(IFLA_IFNAME, text("lo")) + link_info(settings_attributes())));
}

TEST(UtunDeviceMessages, ListsMayBeEmpty) {
  DeviceSettings bare = settings();
  bare.sockets.clear();
  bare.protocol_41.clear();
  const Bytes data = nest(IFLA_UTUN_SOCKETS, {}) + nest(IFLA_UTUN_PROTO41, {}) +
                     attribute(IFLA_UTUN_SERVER_ADDRESS, octets(address("2001:db8:1::1"))) +
                     attribute(IFLA_UTUN_CLAMP_MSS, {1});
  EXPECT_EQ(change_device(9, bare), message(RTM_NEWLINK, kOrder, 0, link_header(9) + link_info(data)));
}

TEST(UtunDeviceMessages, HaveRoomForAllSocketsAndAddresses) {
  DeviceSettings full = settings();
  full.sockets.assign(UTUN_SOCKETS_MAX, 3);
  for (std::uint8_t i = 0; i < UTUN_ADDRESSES_MAX; ++i) full.protocol_41.insert(map_ipv4(IPv4Address{{10, 0, 0, i}}));
  EXPECT_GT(make_device(full).size(), 8U * (UTUN_SOCKETS_MAX + UTUN_ADDRESSES_MAX));
}

TEST(UtunDeviceMessages, ChangeOneSettingAndRemove) {
  EXPECT_EQ(change_mss_clamp(9, false),
            message(RTM_NEWLINK, kOrder, 0, link_header(9) + link_info(attribute(IFLA_UTUN_CLAMP_MSS, {0}))));
  EXPECT_EQ(remove_device(9), message(RTM_DELLINK, kOrder, 0, link_header(9)));
}

TEST(UtunDeviceMessages, ErrorsSayWhatToDo) {
  const auto explained = [](int error, const char* words = "") {
    return explain_device_error("tsp0", {.error = error, .text = words});
  };
  EXPECT_THAT(explained(EPERM), HasSubstr("CAP_NET_ADMIN"));
  EXPECT_THAT(explained(EOPNOTSUPP, "Unknown device type"), HasSubstr("modprobe utun"));
  EXPECT_THAT(explained(EEXIST), HasSubstr("another name"));
  EXPECT_THAT(explained(EBUSY, "the socket belongs to another tunnel device or protocol"),
              testing::AllOf(HasSubstr("another tunnel device or protocol"), HasSubstr("listen elsewhere")));
  EXPECT_THAT(explained(EINVAL, "the socket is not bound"), HasSubstr("utun device tsp0: the socket is not bound"));
}

class UtunDeviceTest : public testing::Test {
 protected:
  std::expected<std::unique_ptr<Device>, std::string> open(int left, int error = 0) {
    auto channel = std::make_unique<FakeChannel>([this, error](ByteView request, std::uint32_t sequence) {
      requests_.push_back(unnumbered(Bytes(request.begin(), request.end())));
      return Pieces{acknowledgement(sequence, error, "no")};
    });
    return Device::open(std::move(channel), settings(), left);
  }

  std::vector<Bytes> requests_;
};

TEST_F(UtunDeviceTest, IsMadeChangedAndRemoved) {
  auto device = open(0);
  ASSERT_TRUE(device) << device.error();
  const std::uint32_t index = (*device)->index();
  EXPECT_NE(index, 0U);
  EXPECT_TRUE((*device)->is_there());
  (*device)->clamp_mss(false);
  device->reset();

  EXPECT_EQ(requests_, (std::vector{make_device(settings()), change_mss_clamp(index, false), remove_device(index)}));
}

TEST_F(UtunDeviceTest, OneThatWasLeftGetsTheNewSockets) {
  auto device = open(44);
  ASSERT_TRUE(device);
  EXPECT_EQ((*device)->index(), 44U);
  EXPECT_FALSE((*device)->is_there());
  device->reset();
  EXPECT_EQ(requests_, (std::vector{change_device(44, settings()), remove_device(44)}));
}

TEST_F(UtunDeviceTest, WhatFailedIsNotRemoved) {
  const auto device = open(0, EPERM);
  ASSERT_FALSE(device);
  EXPECT_THAT(device.error(), HasSubstr("CAP_NET_ADMIN"));
  EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(UtunDeviceTest, MadeAgainItHasTheSettingsOfTheLastChange) {
  auto device = open(44);
  ASSERT_TRUE(device);
  (*device)->clamp_mss(false);
  ASSERT_TRUE((*device)->make_again(0));

  DeviceSettings changed = settings();
  changed.clamp_mss = false;
  EXPECT_EQ(requests_.back(), make_device(changed));
}

}  // namespace device_test
}  // namespace tsp::linux_::utun::test
