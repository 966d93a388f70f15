// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/support.h"

#include <gmock/gmock.h>
#include <linux/genetlink.h>

#include "adapters/linux/datapath/utun/module_counters.h"
#include "adapters/linux/datapath/utun/module_test_support.h"

namespace tsp::linux_::utun::test {
namespace support_test {

using dataplane::DropReason;
using testing::HasSubstr;

KernelFacts facts() {
  return {.release = "6.1.0-56-amd64", .installed = true};
}

TEST(UtunSupport, AnOldKernelIsNamed) {
  KernelFacts old = facts();
  for (const char* release : {"4.19.0-27-amd64", "5.9.16", "3.2"}) {
    old.release = release;
    EXPECT_THAT(explain_missing(old), testing::AllOf(HasSubstr(release), HasSubstr("older than 5.10")));
  }
  for (const char* release : {"5.10.0-46-amd64", "6.1", "10.0.1", "strange"}) {
    old.release = release;
    EXPECT_THAT(explain_missing(old), testing::Not(HasSubstr("older")));
  }
}

TEST(UtunSupport, EachObstacleHasARemedy) {
  EXPECT_THAT(explain_missing(facts()), testing::AllOf(HasSubstr("modprobe utun"), HasSubstr("dmesg")));
  KernelFacts unknown = facts();
  unknown.installed.reset();
  EXPECT_THAT(explain_missing(unknown), HasSubstr("modprobe utun"));
  KernelFacts absent = facts();
  absent.installed = false;
  EXPECT_THAT(explain_missing(absent), testing::AllOf(HasSubstr("not installed for the kernel 6.1.0-56-amd64"),
                                                      HasSubstr("make -C kmod-utun"), HasSubstr("DKMS")));
  KernelFacts secured = facts();
  secured.secure_boot = true;
  EXPECT_THAT(explain_missing(secured), testing::AllOf(HasSubstr("Secure Boot"), HasSubstr("mokutil --import")));
  KernelFacts strange = facts();
  strange.loaded = true;
  EXPECT_THAT(explain_missing(strange), HasSubstr("rmmod utun"));
  KernelFacts fixed = facts();
  fixed.has_modules = false;
  EXPECT_THAT(explain_missing(fixed), HasSubstr("cannot load modules"));
  KernelFacts closed = facts();
  closed.loading_off = true;
  EXPECT_THAT(explain_missing(closed), HasSubstr("kernel.modules_disabled"));
}

TEST(UtunSupport, WhatIsNotInstalledNeedsNoKey) {
  KernelFacts both = facts();
  both.installed = false;
  both.secure_boot = true;
  EXPECT_THAT(explain_missing(both), HasSubstr("not installed"));
}

TEST(UtunSupport, TheHostsOwnFactsAreRead) {
  const KernelFacts here = read_kernel_facts();
  EXPECT_FALSE(here.release.empty());
  EXPECT_FALSE(explain_missing(here).empty());
}

class FindModuleTest : public testing::Test {
 protected:
  static std::expected<Family, std::string> find(std::function<Bytes(std::uint32_t)> kernel) {
    NetlinkRequester requester(std::make_unique<FakeChannel>(
        [kernel = std::move(kernel)](ByteView, std::uint32_t sequence) { return Pieces{kernel(sequence)}; }));
    return find_module(requester, facts);
  }
  static Bytes family(std::uint32_t sequence, std::uint32_t version, const Bytes& group_name) {
    const Bytes group =
        attribute(CTRL_ATTR_MCAST_GRP_NAME, group_name) + attribute(CTRL_ATTR_MCAST_GRP_ID, raw(std::uint32_t{0x17}));
    return generic(GENL_ID_CTRL, 0, sequence, CTRL_CMD_NEWFAMILY,
                   attribute(CTRL_ATTR_FAMILY_ID, raw(std::uint16_t{0x21})) +
                       attribute(CTRL_ATTR_VERSION, raw(version)) + nest(CTRL_ATTR_MCAST_GROUPS, nest(1, group)));
  }
};

TEST_F(FindModuleTest, TheModuleIsThere) {
  const auto found = find([](std::uint32_t sequence) { return family(sequence, UTUN_GENL_VERSION, text("events")); });
  ASSERT_TRUE(found) << found.error();
  EXPECT_EQ(found->number, 0x21);
}

TEST_F(FindModuleTest, AMissingOneIsExplained) {
  const auto found = find([](std::uint32_t sequence) { return acknowledgement(sequence, ENOENT); });
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error(), explain_missing(facts()));
}

TEST_F(FindModuleTest, OneOfAnotherVersionIsRefused) {
  const auto found = find([](std::uint32_t sequence) { return family(sequence, 7, text("events")); });
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error(), testing::AllOf(HasSubstr("version 7"), HasSubstr("rmmod utun")));
}

TEST_F(FindModuleTest, OtherErrorsAndStrangeAnswersAreToldApart) {
  const auto refused = find([](std::uint32_t sequence) { return acknowledgement(sequence, EPERM); });
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error(), HasSubstr("not permitted"));
  EXPECT_FALSE(find([](std::uint32_t sequence) { return family(sequence, 1, text("others")); }));
}

TEST(ModuleCountersTest, CountFromTheBeginningOfThisProcessAndOverALostDevice) {
  std::uint64_t packets = 100;
  std::uint64_t too_big = 7;
  int error = 0;
  ModuleCounters counters(std::make_unique<FakeChannel>([&](ByteView, std::uint32_t sequence) {
    return Pieces{error != 0 ? acknowledgement(sequence, error) : told_counters(sequence, packets, too_big)};
  }));
  EXPECT_EQ(counters.read().packets_up, 0U) << "there is no device yet";
  counters.aim(kTarget);
  packets = 130;
  too_big = 9;
  EXPECT_EQ(counters.read().packets_up, 30U) << "the predecessor's are not ours";
  EXPECT_EQ(counters.read().dropped(DropReason::TooBig), 2U);

  error = ENODEV;
  EXPECT_EQ(counters.read().packets_up, 30U) << "what it last told";
  error = 0;
  packets = 0;
  too_big = 0;
  counters.aim({.family = 0x22, .device = 10});
  packets = 5;
  EXPECT_EQ(counters.read().packets_up, 35U);
  EXPECT_EQ(counters.read().dropped(DropReason::TooBig), 2U);
}

}  // namespace support_test
}  // namespace tsp::linux_::utun::test
