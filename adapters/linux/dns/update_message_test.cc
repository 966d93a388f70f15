// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/update_message.h"

#include <gtest/gtest.h>

#include "adapters/linux/dns/dns_test_hex.h"
#include "adapters/linux/dns/wire_format.h"

namespace tsp::linux_::dns {
namespace update_message_test {

RrsetChange ns(std::string name, std::vector<RecordData> servers) {
  return {{std::move(name), RecordType::NS}, std::move(servers)};
}

TEST(UpdateMessage, ADelegationReplacesTheNameServers) {
  const std::vector changes = {ns("1.ip6.arpa", {"a.example", "b.example"})};
  const auto messages = encode_updates("ip6.arpa", changes, 3600);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(to_hex(messages[0]),
            without_blanks("0000 2800 0001 0000 0003 0000"
                           "03 697036 04 61727061 00 0006 0001"
                           "01 31 03 697036 04 61727061 00 0002 00ff 00000000 0000"
                           "01 31 03 697036 04 61727061 00 0002 0001 00000e10 000b 01 61 07 6578616d706c65 00"
                           "01 31 03 697036 04 61727061 00 0002 0001 00000e10 000b 01 62 07 6578616d706c65 00"));
}

TEST(UpdateMessage, ARemovalDeletesTheRrset) {
  const std::vector changes = {ns("1.ip6.arpa", {})};
  const auto messages = encode_updates("ip6.arpa", changes, 3600);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(to_hex(messages[0]), without_blanks("0000 2800 0001 0000 0001 0000"
                                                "03 697036 04 61727061 00 0006 0001"
                                                "01 31 03 697036 04 61727061 00 0002 00ff 00000000 0000"));
}

TEST(UpdateMessage, AHostNameGetsItsAddress) {
  const std::vector<RrsetChange> changes = {{{"a.example", RecordType::AAAA}, {parse_ipv6("2001:db8::2").value()}}};
  const auto messages = encode_updates("example", changes, 60);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(to_hex(messages[0]), without_blanks("0000 2800 0001 0000 0002 0000"
                                                "07 6578616d706c65 00 0006 0001"
                                                "01 61 07 6578616d706c65 00 001c 00ff 00000000 0000"
                                                "01 61 07 6578616d706c65 00 001c 0001 0000003c 0010"
                                                "20010db8000000000000000000000002"));
}

TEST(UpdateMessage, TheIdIsPutInFront) {
  Bytes message = encode_updates("example", std::vector{ns("a.example", {})}, 1)[0];
  set_id(message, 0xABCD);
  EXPECT_EQ(get_u16(message, 0), 0xABCD);
}

TEST(UpdateMessage, NothingToChangeIsNoMessage) {
  EXPECT_TRUE(encode_updates("example", {}, 60).empty());
}

TEST(UpdateMessage, MoreThanFitsIsSplitBetweenNames) {
  // The most that one owner may have: 16 prefixes of eight names, with 16 long names of servers each.
  std::vector<RecordData> servers;
  for (char c = 'a'; c < 'a' + 16; ++c) {
    servers.emplace_back(std::string(63, c) + '.' + std::string(63, c) + '.' + std::string(63, c) + '.' +
                         std::string(61, c));
  }
  std::vector<RrsetChange> changes;
  for (int i = 0; i < 128; ++i) changes.push_back(ns("h" + std::to_string(i) + ".example", servers));
  const auto messages = encode_updates("example", changes, 60);
  std::size_t records = 0;
  for (const Bytes& message : messages) {
    EXPECT_LE(message.size(), kUpdateSizeMax);
    EXPECT_GT(message.size(), kUpdateSizeMax / 2);
    EXPECT_EQ(get_u16(message, 8) % 17, 0);  // a name is whole
    EXPECT_EQ(get_u16(message, 4), 1);
    records += get_u16(message, 8);
  }
  EXPECT_EQ(records, 128U * 17);
}

}  // namespace update_message_test
}  // namespace tsp::linux_::dns
