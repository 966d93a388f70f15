// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/wire/broker_address.h"
#include "core/wire/examples.h"
#include "core/wire/message.h"

namespace tsp::wire {
namespace broker_list_text_test {

const std::vector<BrokerAddress> kTwo{IPv4Address{{192, 0, 2, 33}}, std::string("ts1.example.net")};

TEST(RedirectText, HasTheBytesThatClientsReadAtVersion) {
  EXPECT_EQ(redirect(Status::UnsupportedVersion, kTwo), examples::kRedirectAtVersion);
}

TEST(RedirectText, IsFramedAtCreate) {
  EXPECT_EQ(framed_redirect(Status::NoMoreTunnels, kTwo), examples::kRedirectAtCreate);
}

// Clients put the brackets around an IPv6 address themselves.
TEST(RedirectText, AnIPv6AddressHasNoBrackets) {
  const std::vector<BrokerAddress> brokers{*parse_ipv6("2001:db8::1")};
  EXPECT_EQ(redirect(Status::ServerBusy, brokers),
            "1530 Server too busy\r\n"
            "<tunnel action=\"list\" type=\"broker\">\r\n"
            "  <broker>\r\n"
            "    <address type=\"ipv6\">2001:db8::1</address>\r\n"
            "  </broker>\r\n"
            "</tunnel>\r\n");
}

// Old clients take a port from a name only, and only if there is one entry.
TEST(RedirectText, AnotherPortIsWrittenBehindANameOrAnAddressThatLooksLikeOne) {
  const auto entry = [](const BrokerAddress& broker) {
    const std::string text = redirect(Status::ServerBusy, {broker});
    const std::size_t begin = text.find("<address");
    return text.substr(begin, text.find("</address>") - begin);
  };
  EXPECT_EQ(entry(BrokerAddress(IPv4Address{{192, 0, 2, 33}}, 3654)), R"(<address type="dn">192.0.2.33:3654)");
  EXPECT_EQ(entry(BrokerAddress(*parse_ipv6("2001:db8::1"), 3654)), R"(<address type="dn">[2001:db8::1]:3654)");
  EXPECT_EQ(entry(BrokerAddress(std::string("ts1.example.net"), 3654)), R"(<address type="dn">ts1.example.net:3654)");
}

TEST(RedirectText, OurOwnClientReadsPortsBack) {
  for (const std::string broker : {"192.0.2.33:3654", "[2001:db8::1]:3654", "ts1.example.net:3654"}) {
    const std::string text = redirect(Status::ServerBusy, {parse_broker_address(broker).value()});
    const auto list = parse_redirect(text);
    ASSERT_TRUE(list) << text;
    EXPECT_EQ(list->brokers, std::vector{broker});
  }
}

TEST(RedirectText, OurOwnClientReadsTheLongestListBack) {
  std::string name;
  for (int i = 0; i < 63; ++i) name += "abc.";
  const std::vector<BrokerAddress> brokers(kOtherBrokersMax, BrokerAddress(name + "d"));
  const std::string text = framed_redirect(Status::NoMoreTunnels, brokers);
  EXPECT_LT(text.size(), 4096U) << "the buffer of old clients";
  const auto reply = parse_offer_reply(text);
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(*reply, OfferReply(Redirect{301, std::vector<std::string>(kOtherBrokersMax, name + "d")}));
}

TEST(RedirectTextDeathTest, AnEmptyListIsNotSent) {
  EXPECT_DEATH(static_cast<void>(redirect(Status::ServerBusy, {})), "");
}

}  // namespace broker_list_text_test
}  // namespace tsp::wire
