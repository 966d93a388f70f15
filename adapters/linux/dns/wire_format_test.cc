// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/wire_format.h"

#include <gtest/gtest.h>

#include "adapters/linux/dns/dns_test_hex.h"

namespace tsp::linux_::dns {
namespace wire_format_test {

const std::string kHeader(24, '0');

std::string read_name(std::string_view hex, std::size_t at = kHeaderSize) {
  const Bytes message = from_hex(kHeader + std::string(hex));
  WireReader reader(message, at);
  const std::string name = reader.name();
  return reader.ok() ? name : "(broken)";
}

TEST(WireFormat, ANameIsItsLabelsInLowerCase) {
  Bytes out;
  append_name(out, "Ns.Example.");
  EXPECT_EQ(to_hex(out), without_blanks("02 6e73 07 6578616d706c65 00"));
}

TEST(WireFormat, NumbersAreBigEndian) {
  Bytes out;
  append_u16(out, 0x1234);
  append_u32(out, 0x56789abc);
  append_u48(out, 0x112233445566);
  EXPECT_EQ(to_hex(out), "123456789abc112233445566");
  WireReader reader(out, 0);
  EXPECT_EQ(reader.u16(), 0x1234);
  EXPECT_EQ(reader.u32(), 0x56789abcU);
  EXPECT_EQ(reader.u48(), 0x112233445566U);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
}

TEST(WireFormat, APointerContinuesAnEarlierName) {
  EXPECT_EQ(read_name("03 6e6574 00 02 4E53 c00c", 17), "ns.net");
  const Bytes message = from_hex(kHeader + "03 6e6574 00 02 4E53 c00c 07");
  WireReader reader(message, 17);
  EXPECT_EQ(reader.name(), "ns.net");
  EXPECT_EQ(reader.at(), 22U);  // behind the pointer, not behind what it points to
}

TEST(WireFormat, PointersInCirclesAndForwardsAreBroken) {
  EXPECT_EQ(read_name("c00c"), "(broken)");
  EXPECT_EQ(read_name("01 61 c00c"), "(broken)");
  EXPECT_EQ(read_name("c00e 01 61 00"), "(broken)");
  EXPECT_EQ(read_name("c000"), "(broken)");
}

TEST(WireFormat, AChainOfPointersEndsSoon) {
  std::string hex = "00";
  for (unsigned i = 0; i < 5000; ++i) {
    const unsigned target = kHeaderSize + (i == 0 ? 0 : 1 + 2 * (i - 1));
    Bytes pointer;
    append_u16(pointer, static_cast<std::uint16_t>(0xC000U | target));
    hex += to_hex(pointer);
  }
  EXPECT_EQ(read_name(hex, kHeaderSize + 1 + 2 * 4999), "(broken)");
  EXPECT_EQ(read_name(hex, kHeaderSize + 1 + 2 * 3), "");
}

TEST(WireFormat, NamesBeyondTheEndAreBroken) {
  EXPECT_EQ(read_name(""), "(broken)");
  EXPECT_EQ(read_name("01"), "(broken)");
  EXPECT_EQ(read_name("01 61"), "(broken)");
  EXPECT_EQ(read_name("c0"), "(broken)");
  EXPECT_EQ(read_name("40 61 00"), "(broken)");  // a label of an unknown kind
}

TEST(WireFormat, ANameHasAtMost255Octets) {
  const std::string label = "3f" + std::string(126, '6');
  const std::string rest = "3d" + std::string(122, '6');
  EXPECT_EQ(read_name(label + label + label + rest + "00").size(), 3U * 64 + 61);
  EXPECT_EQ(read_name(label + label + label + "3e" + std::string(124, '6') + "00"), "(broken)");
}

TEST(WireFormat, ADotInsideALabelDoesNotPassForTwoLabels) {
  EXPECT_EQ(read_name("03 612e62 00"), "a\\046b");
  EXPECT_EQ(read_name("02 5c00 00"), "\\092\\000");
}

}  // namespace wire_format_test
}  // namespace tsp::linux_::dns
