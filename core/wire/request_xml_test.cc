// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/wire/examples.h"
#include "core/wire/framing.h"
#include "core/wire/message.h"

namespace tsp::wire {
namespace request_xml_test {

using namespace std::string_view_literals;
using testing::ElementsAre;

const std::expected<Request, Status> kInvalid = std::unexpected(Status::InvalidRequest);

std::expected<Request, Status> parse_framed(std::string_view message) {
  return parse_request(unframe_datagram(message).value());
}

// A create request with `content` in its <client>.
std::expected<Request, Status> parse_client(std::string_view content) {
  std::string xml = R"(<tunnel action="create" type="v6udpv4"><client>)";
  xml.append(content).append("</client></tunnel>");
  return parse_request(xml);
}

CreateRequest create_of(const std::expected<Request, Status>& request) {
  if (!request || !std::holds_alternative<CreateRequest>(*request)) {
    ADD_FAILURE() << "not a create request";
    return {};
  }
  return std::get<CreateRequest>(*request);
}

CreateRequest host(RequestedType type, std::string_view ipv4, std::optional<std::uint32_t> keepalive_seconds = 30) {
  CreateRequest request;
  request.type = type;
  request.client_ipv4 = parse_ipv4(ipv4);
  request.keepalive_seconds = keepalive_seconds;
  return request;
}

TEST(RequestXml, CreateOfRealClientsIsRead) {
  using enum RequestedType;
  EXPECT_EQ(create_of(parse_framed(examples::kCreateV6V4)), host(V6V4, "198.51.100.7"));
  EXPECT_EQ(create_of(parse_framed(examples::kCreateV6UdpV4)), host(V6UdpV4, "10.1.1.5"));
  EXPECT_EQ(create_of(parse_framed(examples::kCreateV6AnyV4)), host(V6AnyV4, "198.51.100.7"));
  EXPECT_EQ(create_of(parse_framed(examples::kCreateTerse)), host(V6UdpV4, "10.1.1.5"));
  EXPECT_EQ(create_of(parse_framed(examples::kCreateMinimal)), host(V6V4, "198.51.100.7", std::nullopt));
}

TEST(RequestXml, CreateOverIPv6IsRead) {
  CreateRequest expected;
  expected.type = RequestedType::V4V6;
  expected.client_ipv6 = parse_ipv6("2001:db8:c::7");
  expected.keepalive_seconds = 30;
  EXPECT_EQ(create_of(parse_framed(examples::kCreateV4V6)), expected);
}

TEST(RequestXml, RouterRequestsAreRead) {
  CreateRequest expected = host(RequestedType::V6V4, "198.51.100.7");
  expected.router = {.prefix_length = 56, .dns_servers = {"ns1.example.org", "ns2.example.org"}};
  EXPECT_EQ(create_of(parse_framed(examples::kCreateRouter)), expected);
  EXPECT_EQ(create_of(parse_framed(examples::kCreateTerseWithPrefix)).router, (RouterRequest{64, {}}));
}

TEST(RequestXml, TheOtherActionsAreRead) {
  EXPECT_EQ(parse_framed(examples::kAccept), Request(AcceptRequest{}));
  EXPECT_EQ(parse_framed(examples::kReject), Request(RejectRequest{}));
  EXPECT_EQ(parse_framed(examples::kDelete), Request(DeleteRequest{}));
  EXPECT_EQ(parse_framed(examples::kInfoWithLineFeeds), Request(InfoRequest{}));
  EXPECT_EQ(parse_request("<tunnel action='accept'/>"), Request(AcceptRequest{}));
}

TEST(RequestXml, UnknownActionsAreInvalid) {
  for (const std::string_view xml : {"<tunnel/>", "<tunnel action=\"\"/>", "<tunnel action=\"ACCEPT\"/>",
                                     "<tunnel action=\"list\"/>", "<tunnel action=\"accept \"/>"}) {
    EXPECT_EQ(parse_request(xml), kInvalid) << xml;
  }
}

TEST(RequestXml, TheTypeIsReadInAnyCaseAndAnUnknownOneIsNone) {
  EXPECT_EQ(create_of(parse_request(R"(<tunnel action="create" type="V6UDPV4"/>)")).type, RequestedType::V6UdpV4);
  EXPECT_EQ(create_of(parse_request(R"(<tunnel action="create" type="v6v6"/>)")).type, std::nullopt);
  EXPECT_EQ(create_of(parse_request(R"(<tunnel action="create" type=""/>)")).type, std::nullopt);
  EXPECT_EQ(parse_request(R"(<tunnel action="create"/>)"), kInvalid) << "the type is required";
}

TEST(RequestXml, WhiteSpaceQuotesAndCommentsDoNotMatter) {
  const auto request = parse_request(
      "<tunnel\n\taction = 'create'\r\n type='v6udpv4' ><!-- & <!DOCTYPE --><client ><address  type='ipv4'>\n"
      "\t10.1.1.<!-- -->5 \r\n</address ><keepalive interval='30' /></client></tunnel>\n");
  EXPECT_EQ(create_of(request), host(RequestedType::V6UdpV4, "10.1.1.5"));
}

TEST(RequestXml, UnknownElementsAndAttributesAreIgnored) {
  const auto request = parse_request(
      R"(<tunnel action="create" type="v6udpv4" lang="en"><server/><x a="1"><client/></x><client y="2">)"
      R"(<address type="ipv4" z="3">10.1.1.5</address><address type="dn">pc.example.org</address>)"
      R"(<dns_server><address type="ipv6">::1</address></dns_server><keepalive interval="30"/></client></tunnel>)");
  EXPECT_EQ(create_of(request), host(RequestedType::V6UdpV4, "10.1.1.5"));
}

TEST(RequestXml, AMissingAddressIsLeftToTheCaller) {
  EXPECT_EQ(create_of(parse_client("")).client_ipv4, std::nullopt);
  EXPECT_FALSE(create_of(parse_client("")).bad_ipv4);
}

TEST(RequestXml, AnUnreadableAddressIsMarked) {
  const CreateRequest bad_ipv4 = create_of(parse_client(R"(<address type="ipv4">10.1.1</address>)"));
  EXPECT_TRUE(bad_ipv4.bad_ipv4);
  EXPECT_EQ(bad_ipv4.client_ipv4, std::nullopt);
  EXPECT_TRUE(create_of(parse_client(R"(<address type="ipv4"/>)")).bad_ipv4);
  EXPECT_TRUE(create_of(parse_client(R"(<address type="ipv6">fe80::1%eth0</address>)")).bad_ipv6);
}

TEST(RequestXml, EveryLegalIPv6TextIsRead) {
  EXPECT_EQ(
      create_of(parse_client("<address type=\"ipv6\"> 2001:DB8:c18:ffff::0000:0000:0000:0001\n</address>")).client_ipv6,
      parse_ipv6("2001:db8:c18:ffff::1"));
}

TEST(RequestXml, AnAddressWithoutTypeIsInvalid) {
  EXPECT_EQ(parse_client("<address>10.1.1.5</address>"), kInvalid);
}

TEST(RequestXml, WhatMayStandOnceMayNotStandTwice) {
  EXPECT_EQ(parse_request(R"(<tunnel action="create" type="v6v4"><client/><client/></tunnel>)"), kInvalid);
  for (const std::string_view content :
       {R"(<address type="ipv4">10.1.1.5</address><address type="ipv4">10.1.1.5</address>)",
        R"(<address type="ipv4">x</address><address type="ipv4">10.1.1.5</address>)",
        R"(<address type="ipv6">2001:db8::1</address><address type="IPv6">x</address>)",
        R"(<keepalive interval="30"/><keepalive interval="30"/>)", R"(<router/><x/><router/>)",
        R"(<router><prefix length="64"/><prefix length="64"/></router>)",
        R"(<router><dns_server/><dns_server/></router>)", R"(<keepalive interval="30" interval="31"/>)"}) {
    EXPECT_EQ(parse_client(content), kInvalid) << content;
  }
}

TEST(RequestXml, TheKeepaliveIntervalIsDigitsWithinADay) {
  EXPECT_EQ(create_of(parse_client(R"(<keepalive interval="0"/>)")).keepalive_seconds, 0U);
  EXPECT_EQ(create_of(parse_client(R"(<keepalive interval="86400"/>)")).keepalive_seconds, 86400U);
  for (const std::string_view content :
       {R"(<keepalive/>)", R"(<keepalive interval=""/>)", R"(<keepalive interval="86401"/>)",
        R"(<keepalive interval="-1"/>)", R"(<keepalive interval=" 30"/>)", R"(<keepalive interval="30s"/>)",
        R"(<keepalive interval="4294967326"/>)", R"(<keepalive interval="18446744073709551646"/>)"}) {
    EXPECT_EQ(parse_client(content), kInvalid) << content;
  }
}

TEST(RequestXml, ThePrefixLengthIsDigitsUpTo128) {
  const auto length_of = [](std::string_view content) {
    return create_of(parse_client(content)).router->prefix_length;
  };
  EXPECT_EQ(length_of(R"(<router><prefix length="48"></prefix></router>)"), 48);
  EXPECT_EQ(length_of(R"(<router><prefix length="0"/></router>)"), 0);
  EXPECT_EQ(length_of(R"(<router><prefix length="128"/></router>)"), 128);
  EXPECT_EQ(length_of(R"(<router><prefix/></router>)"), std::nullopt);
  EXPECT_EQ(length_of(R"(<router/>)"), std::nullopt);
  for (const std::string_view content :
       {R"(<router><prefix length=""/></router>)", R"(<router><prefix length="129"/></router>)",
        R"(<router><prefix length="/64"/></router>)", R"(<router><prefix length="320"/></router>)"}) {
    EXPECT_EQ(parse_client(content), kInvalid) << content;
  }
}

TEST(RequestXml, NameServersMayBeNamesOrAddresses) {
  const auto request = parse_client(
      R"(<router protocol="bgp"><as number="1"/><prefix length="64"/><dns_server>)"
      R"(<address type="dn"> ns1.example.org </address><address type="ipv4">192.0.2.53</address>)"
      R"(<address type="ipv6">2001:db8::53</address><address type="dn">2001:db8::54</address></dns_server></router>)");
  EXPECT_THAT(create_of(request).router->dns_servers,
              ElementsAre("ns1.example.org", "192.0.2.53", "2001:db8::53", "2001:db8::54"));
}

TEST(RequestXml, NameServersAreCheckedAndAtMostEight) {
  const auto with_servers = [](std::string_view list) {
    return parse_client("<router><dns_server>" + std::string(list) + "</dns_server></router>");
  };
  const std::string server = R"(<address type="dn">ns.example.org</address>)";
  std::string eight;
  for (int i = 0; i < 8; ++i) eight += server;
  EXPECT_EQ(create_of(with_servers(eight)).router->dns_servers.size(), 8U);
  EXPECT_EQ(with_servers(eight + server), kInvalid);
  for (const std::string_view bad :
       {R"(<address type="dn"/>)", R"(<address type="dn">a_b.example.org</address>)",
        R"(<address type="dn">$(reboot)</address>)", R"(<address>ns.example.org</address>)",
        R"(<address type="url">ns.example.org</address>)", R"(<address type="dn">a b</address>)"}) {
    EXPECT_EQ(with_servers(bad), kInvalid) << bad;
  }
}

TEST(RequestXml, ProxyIsYesOrNo) {
  EXPECT_TRUE(create_of(parse_request(R"(<tunnel action="create" type="v6v4" proxy="yes"/>)")).proxy);
  EXPECT_FALSE(create_of(parse_request(R"(<tunnel action="create" type="v6v4" proxy="no"/>)")).proxy);
  EXPECT_EQ(parse_request(R"(<tunnel action="create" type="v6v4" proxy="maybe"/>)"), kInvalid);
}

}  // namespace request_xml_test
}  // namespace tsp::wire
