// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/wire/examples.h"
#include "core/wire/message.h"

namespace tsp::wire {
namespace reply_test {

using namespace std::string_view_literals;
using Reply = std::expected<OfferReply, ReplyError>;

const Reply kMalformed = std::unexpected(ReplyError::Malformed);
const Reply kTruncated = std::unexpected(ReplyError::Truncated);

// An offer with the parts that matter replaced.
struct Parts {
  std::string type = "v6udpv4";
  std::string server_outer = "192.0.2.1";
  std::string server_inner = "2001:db8:0:100::1";
  std::string client_outer = "10.1.1.5";
  std::string client_inner = "2001:db8:0:100::2";
  std::string extra = "";
};

std::string offer_xml(const Parts& parts) {
  return "<tunnel action=\"info\" type=\"" + parts.type + "\"><server><address type=\"ipv4\">" + parts.server_outer +
         "</address><address type=\"ipv6\">" + parts.server_inner +
         "</address></server><client><address type=\"ipv4\">" + parts.client_outer +
         "</address><address type=\"ipv6\">" + parts.client_inner + "</address>" + parts.extra + "</client></tunnel>";
}

Reply parse(const Parts& parts) {
  return parse_offer_reply(framed(Status::Success, offer_xml(parts)));
}

Offer offer_of(const Reply& reply) {
  if (!reply || !std::holds_alternative<Offer>(*reply)) {
    ADD_FAILURE() << "not an offer";
    return {};
  }
  return std::get<Offer>(*reply);
}

Offer plain_offer() {
  Offer offer;
  offer.type = TunnelType::V6UdpV4;
  offer.server_outer = map_ipv4({{192, 0, 2, 1}});
  offer.server_inner = parse_ipv6("2001:db8:0:100::1").value();
  offer.client_outer = map_ipv4({{10, 1, 1, 5}});
  offer.client_inner = parse_ipv6("2001:db8:0:100::2").value();
  return offer;
}

TEST(OfferReply, OffersOfRealServersAreRead) {
  const Offer offer = offer_of(parse_offer_reply(examples::kOfferRouter));
  EXPECT_EQ(offer.type, TunnelType::V6V4);
  EXPECT_EQ(offer.delegated, parse_prefix("2001:db8:501:e300::/56"));
  EXPECT_EQ(offer.client_name, "alice.tb.example.net");
  EXPECT_EQ(offer.name_servers, (std::vector<std::string>{"ns1.example.org", "ns2.example.org"}));
  EXPECT_EQ(offer.dns_server, parse_ipv6("2001:db8:0:53::53"));
  EXPECT_EQ(offer.keepalive_seconds, 30U);
  EXPECT_EQ(offer.keepalive_address, offer.server_inner);
  EXPECT_EQ(offer.lifetime_minutes, 1440U);
}

TEST(OfferReply, ResolverKeepaliveAndLifetimeMayBeMissing) {
  EXPECT_EQ(offer_of(parse({})), plain_offer());
}

TEST(OfferReply, WhiteSpaceTextFormsQuotesDeclarationAndCommentsDoNotMatter) {
  const auto reply = parse_offer_reply(
      "\r\ncontent-LENGTH: 5\n 200 OK, here you are\n<?xml version='1.0' encoding=\"UTF-8\"?>\n<!-- broker -->"
      "<tunnel type='V6UDPV4' action='info'>\n<client><address type='ipv6'>\n 2001:DB8:0:100:0:0:0.0.0.2 \n</address>"
      "<address type='ipv4'> 10.1.1.5 <!-- you --></address></client ><unknown a='1'><deep/></unknown>"
      "<server x=''><address type='IPV4'>192.0.2.1</address><address type='ipv6'>2001:db8:0:100::1</address>"
      "</server></tunnel>\r\n\0"sv);
  EXPECT_EQ(offer_of(reply), plain_offer());
}

TEST(OfferReply, AnUnframedOfferIsRead) {
  EXPECT_EQ(offer_of(parse_offer_reply("200 Success\r\n" + offer_xml({}))), plain_offer());
}

TEST(OfferReply, RefusalsAreReadFramedOrNot) {
  for (const std::string_view message : {"Content-length: 29\r\n303 Unsupported tunnel type\r\n",
                                         "303 Unsupported tunnel type\r\n", "303\n", " 303 no", "303 <tunnel"}) {
    EXPECT_EQ(parse_offer_reply(message), Reply(Refusal{303})) << message;
  }
  EXPECT_EQ(parse_offer_reply(examples::kUnsupportedType), Reply(Refusal{303}));
}

TEST(OfferReply, LessThanPromisedIsTruncated) {
  const std::string_view whole = examples::kOfferV6V4;
  EXPECT_EQ(parse_offer_reply(whole.substr(0, whole.size() - 1)), kTruncated);
  EXPECT_EQ(parse_offer_reply(whole.substr(0, 30)), kTruncated);
  EXPECT_EQ(parse_offer_reply("Content-length: 615"), kTruncated);
}

TEST(OfferReply, WhatIsNoReplyIsMalformed) {
  for (const std::string_view message :
       {"", "\r\n", "CAPABILITY TUNNEL=V6V4\r\n", "Content-length: x\r\n200 Success\r\n",
        "Content-length: 0\r\n200 Success\r\n", "200 Success\r\n", "200 Success\r\n<tunnel", "0 x\r\n", "99 x\r\n",
        "1000 x\r\n", "2302 x\r\n<tunnel><broker><address type=\"dn\">a</address></broker></tunnel>",
        "cnNwYXV0aD0=\r\n"}) {
    EXPECT_EQ(parse_offer_reply(message), kMalformed) << message;
  }
}

TEST(OfferReply, EntitiesAndDoctypesAreMalformed) {
  EXPECT_EQ(parse_offer_reply("200 Success\r\n<!DOCTYPE tunnel>" + offer_xml({})), kMalformed);
  EXPECT_EQ(parse({.extra = "<x>&amp;</x>"}), kMalformed);
  EXPECT_EQ(parse({.extra = "<?x?>"}), kMalformed);
  EXPECT_EQ(parse({.extra = "<x><![CDATA[y]]></x>"}), kMalformed);
}

TEST(OfferReply, ItsSizeIsBounded) {
  EXPECT_EQ(offer_of(parse({.extra = "<!--" + std::string(60'000, ' ') + "-->"})), plain_offer());
  EXPECT_EQ(parse({.extra = "<!--" + std::string(70'000, ' ') + "-->"}), kMalformed);
}

TEST(OfferReply, TheTypeMustBeOneThatCanBeBuilt) {
  for (const std::string type : {"v6anyv4", "v6v6", ""}) EXPECT_EQ(parse({.type = type}), kMalformed) << type;
}

TEST(OfferReply, EveryEndpointAddressIsNeeded) {
  EXPECT_EQ(parse({.server_outer = ""}), kMalformed);
  EXPECT_EQ(parse({.server_inner = ""}), kMalformed);
  EXPECT_EQ(parse({.client_outer = ""}), kMalformed);
  EXPECT_EQ(parse({.client_inner = ""}), kMalformed);
  EXPECT_EQ(parse_offer_reply("200 Success\r\n<tunnel action=\"info\" type=\"v6udpv4\"/>"), kMalformed);
}

TEST(OfferReply, InnerAddressesThatCannotBeRoutedAreRefused) {
  for (const std::string address : {"::", "::1", "::ffff:192.0.2.1", "::192.0.2.1", "fe80::1", "febf::1", "ff02::1",
                                    "ff0e::1", "2001:db8::x", "192.0.2.1", "2001:db8::1/64"}) {
    EXPECT_EQ(parse({.server_inner = address}), kMalformed) << address;
    EXPECT_EQ(parse({.client_inner = address}), kMalformed) << address;
  }
}

TEST(OfferReply, DocumentationAndLocallyAssignedInnerAddressesAreAllowed) {
  for (const std::string address : {"2001:db8::7", "fd00:1::7", "fc00::7", "2a00:1::7"}) {
    EXPECT_EQ(offer_of(parse({.client_inner = address})).client_inner, parse_ipv6(address)) << address;
  }
}

TEST(OfferReply, TheOuterServerAddressMustBeOneHosts) {
  for (const std::string address : {"0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2", "2001:db8::1"}) {
    EXPECT_EQ(parse({.server_outer = address}), kMalformed) << address;
  }
}

TEST(OfferReply, TheDelegatedPrefixIsCheckedAndItsHostBitsCleared) {
  const auto delegated = [](const std::string& prefix) { return parse({.extra = "<router>" + prefix + "</router>"}); };
  EXPECT_EQ(offer_of(delegated("<prefix length=\"64\">2001:db8:1::1</prefix>")).delegated,
            parse_prefix("2001:db8:1::/64"));
  EXPECT_EQ(offer_of(delegated("<prefix length=\"64\"/>")).delegated, std::nullopt);
  EXPECT_EQ(offer_of(delegated("")).delegated, std::nullopt);
  for (const std::string prefix :
       {"<prefix>2001:db8:1::</prefix>", "<prefix length=\"129\">2001:db8:1::</prefix>",
        "<prefix length=\"0\">2001:db8:1::</prefix>", "<prefix length=\"64\">fe80::</prefix>",
        "<prefix length=\"8\">ff00::</prefix>", "<prefix length=\"64\">2001:db8:1</prefix>"}) {
    EXPECT_EQ(delegated(prefix), kMalformed) << prefix;
  }
}

TEST(OfferReply, AKeepaliveWithoutUsefulAddressGoesToTheServer) {
  for (const std::string keepalive :
       {"<keepalive interval=\"30\"/>", "<keepalive interval=\"30\"><address type=\"ipv6\">::</address></keepalive>",
        "<keepalive interval=\"30\"><address type=\"ipv6\">junk</address></keepalive>"}) {
    const Offer offer = offer_of(parse({.extra = keepalive}));
    EXPECT_EQ(offer.keepalive_seconds, 30U);
    EXPECT_EQ(offer.keepalive_address, offer.server_inner);
  }
}

TEST(OfferReply, KeepaliveNumbersAndAddressesAreChecked) {
  EXPECT_EQ(offer_of(parse({.extra = "<keepalive interval=\"0\"/>"})).keepalive_seconds, 0U);
  EXPECT_EQ(offer_of(parse({.extra = "<keepalive/>"})).keepalive_seconds, 0U);
  for (const std::string keepalive :
       {"<keepalive interval=\"86401\"/>", "<keepalive interval=\"x\"/>",
        "<keepalive interval=\"30\"><address type=\"ipv6\">ff02::1</address></keepalive>"}) {
    EXPECT_EQ(parse({.extra = keepalive}), kMalformed) << keepalive;
  }
}

TEST(OfferReply, UselessExtrasAreLeftOut) {
  const Offer offer = offer_of(parse({.extra = "<address type=\"dn\">$(reboot)</address><dns_server>"
                                               "<address type=\"ipv6\">none</address></dns_server>"}));
  EXPECT_EQ(offer, plain_offer());
}

TEST(OfferReply, UselessNameServersAreLeftOutAndTooManyAreNotKept) {
  const auto offer_with = [](const std::string& servers) {
    return offer_of(parse({.extra = "<router><prefix length=\"56\">2001:db8:1:100::</prefix><dns_server>" + servers +
                                    "</dns_server></router>"}));
  };
  EXPECT_EQ(offer_with("<address type=\"dn\">$(reboot)</address><address type=\"ipv4\">192.0.2.53</address>"
                       "<address type=\"DN\"> ns.example.org </address><address/>")
                .name_servers,
            std::vector<std::string>{"ns.example.org"});
  std::string nine;
  for (int i = 0; i < 9; ++i) nine += "<address type=\"dn\">ns.example.org</address>";
  EXPECT_EQ(offer_with(nine).name_servers.size(), 8U);
}

TEST(RedirectReply, IsReadAtEveryStage) {
  const std::vector<std::string> brokers{"192.0.2.33", "ts1.example.net"};
  EXPECT_EQ(parse_redirect(examples::kRedirectAtVersion), (Redirect{302, brokers}));
  EXPECT_EQ(parse_redirect(examples::kRedirectAtAuthenticate), (Redirect{530, brokers}));
  EXPECT_EQ(parse_offer_reply(examples::kRedirectAtCreate), Reply(Redirect{301, brokers}));
}

TEST(RedirectReply, NamesAddressesAndPortsAreReadInOrder) {
  const auto redirect = parse_redirect(
      "1200 Elsewhere\r\n<tunnel action=\"info\"><broker><address type=\"dn\"> ts1.example.net:4000 </address>"
      "<address type=\"ipv6\">2001:DB8::1</address></broker><x/><broker><address type=\"ipv4\">192.0.2.1</address>"
      "</broker></tunnel>");
  EXPECT_EQ(redirect, (Redirect{200, {"ts1.example.net:4000", "[2001:db8::1]", "192.0.2.1"}}));
}

TEST(RedirectReply, UnusableBrokersAreLeftOut) {
  const auto redirect = parse_redirect(
      "1200\n<tunnel><broker><address type=\"dn\">%n%n</address><address type=\"dn\">a:0</address>"
      "<address type=\"dn\">a:65536</address><address type=\"ipv4\">1.2.3</address><address type=\"ipv6\">x</address>"
      "<address>b</address><address type=\"dn\"/><address type=\"dn\">good.example</address></broker></tunnel>");
  EXPECT_EQ(redirect, (Redirect{200, {"good.example"}}));
}

TEST(RedirectReply, AnEmptyOrEndlessListIsNone) {
  EXPECT_FALSE(parse_redirect("1200\n<tunnel action=\"list\" type=\"broker\"/>").has_value());
  EXPECT_FALSE(parse_redirect("1200 nothing\r\n").has_value());
  const auto list_of = [](int count) {
    std::string list = "1200\n<tunnel>";
    for (int i = 0; i < count; ++i)
      list += "<broker><address type=\"dn\">b" + std::to_string(i) + "</address></broker>";
    return parse_redirect(list + "</tunnel>");
  };
  EXPECT_EQ(list_of(50)->brokers.size(), 50U);
  EXPECT_FALSE(list_of(51).has_value());
}

TEST(RedirectReply, OtherAnswersAreNone) {
  for (const std::string_view message : {"302 Unsupported client version\r\n"sv, "200 Success\r\n"sv, ""sv,
                                         "1000 x\r\n<tunnel/>"sv, examples::kCapabilityIPv4}) {
    EXPECT_FALSE(parse_redirect(message).has_value()) << message;
  }
}

TEST(ReplyCode, IsFoundInAFrameAndWithout) {
  EXPECT_EQ(reply_code("Content-length: 13\r\n200 Success\r\n"), 200U);
  EXPECT_EQ(reply_code("310 Server side error\r\n"), 310U);
  for (const std::string_view none : {"", "x", "Content-length: 13\r\n200"}) EXPECT_FALSE(reply_code(none)) << none;
}

}  // namespace reply_test
}  // namespace tsp::wire
