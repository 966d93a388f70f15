// SPDX-License-Identifier: Apache-2.0
//
// Messages of sessions with real clients, byte for byte, for tests. Those over UDP are without their header.
#pragma once

#include <string_view>

namespace tsp::wire::examples {

using namespace std::string_view_literals;

// VERSION and AUTHENTICATE.

inline constexpr std::string_view kVersion = "VERSION=2.0.2\r\n"sv;

inline constexpr std::string_view kCapabilityIPv4 =
    "CAPABILITY TUNNEL=V6V4 TUNNEL=V6UDPV4 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n"sv;

inline constexpr std::string_view kCapabilityIPv6 =
    "CAPABILITY TUNNEL=V4V6 AUTH=ANONYMOUS AUTH=PLAIN AUTH=DIGEST-MD5\r\n"sv;

inline constexpr std::string_view kAuthenticateAnonymous =
    "AUTHENTICATE ANONYMOUS\r\n"
    "\0"sv;

inline constexpr std::string_view kAuthenticatePlain =
    "AUTHENTICATE PLAIN\r\n"
    "\0"sv;

inline constexpr std::string_view kPlainCredentials = "\0alice\0secret\r\n"sv;

inline constexpr std::string_view kAuthenticateDigest =
    "AUTHENTICATE DIGEST-MD5\r\n"
    "\0"sv;

inline constexpr std::string_view kDigestChallenge =
    "cmVhbG09InRiLmV4YW1wbGUubmV0Iixub25jZT0iNWYxZDdjMGE5YmUyNDM4NmExYzRkMmYwOWU4YjczNjEiLHFvcD0iYXV0aCIs"
    "YWxnb3JpdGhtPW1kNS1zZXNzLGNoYXJzZXQ9dXRmLTg=\r\n"sv;

inline constexpr std::string_view kDigestResponse =
    "Y2hhcnNldD11dGYtOCx1c2VybmFtZT0iYWxpY2UiLHJlYWxtPSJ0Yi5leGFtcGxlLm5ldCIsbm9uY2U9IjVmMWQ3YzBhOWJlMjQz"
    "ODZhMWM0ZDJmMDllOGI3MzYxIixuYz0wMDAwMDAwMSxjbm9uY2U9IjE3MDAwMDAwMDAiLGRpZ2VzdC11cmk9InRzcC90Yi5leGFt"
    "cGxlLm5ldCIscmVzcG9uc2U9ODM0ZmNhMmRjZTZiMGY3MzVjYjlhYTk4MWMxMTlmYTAscW9wPWF1dGg=\r\n"sv;

inline constexpr std::string_view kDigestProof = "cnNwYXV0aD0xN2E2MGUzMjkzN2IxYjYxNDQ5YWU5ZWYzNTU5ZTE4YQ==\r\n"sv;

inline constexpr std::string_view kSuccess = "200 Success\r\n"sv;

// create, and what is offered.

inline constexpr std::string_view kCreateV6V4 =
    "Content-length: 214\r\n"
    "<tunnel action=\"create\" type=\"v6v4\" proxy=\"no\">\r\n"
    " <client>\r\n"
    "  <address type=\"ipv4\">198.51.100.7</address>\r\n"
    "  <keepalive interval=\"30\">\r\n"
    "    <address type=\"ipv6\">::</address>\r\n"
    "  </keepalive>\r\n"
    " </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kOfferV6V4 =
    "Content-length: 615\r\n"
    "200 Success\r\n"
    "<tunnel action=\"info\" type=\"v6v4\" lifetime=\"1440\">\r\n"
    "  <server>\r\n"
    "    <address type=\"ipv4\">192.0.2.1</address>\r\n"
    "    <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0001</address>\r\n"
    "  </server>\r\n"
    "  <client>\r\n"
    "    <address type=\"ipv4\">198.51.100.7</address>\r\n"
    "    <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0002</address>\r\n"
    "    <dns_server>\r\n"
    "      <address type=\"ipv6\">2001:0db8:0000:0053:0000:0000:0000:0053</address>\r\n"
    "    </dns_server>\r\n"
    "    <keepalive interval=\"30\">\r\n"
    "      <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0001</address>\r\n"
    "    </keepalive>\r\n"
    "  </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kCreateV6UdpV4 =
    "Content-length: 213\r\n"
    "<tunnel action=\"create\" type=\"v6udpv4\" proxy=\"no\">\r\n"
    " <client>\r\n"
    "  <address type=\"ipv4\">10.1.1.5</address>\r\n"
    "  <keepalive interval=\"30\">\r\n"
    "    <address type=\"ipv6\">::</address>\r\n"
    "  </keepalive>\r\n"
    " </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kOfferV6UdpV4 =
    "Content-length: 618\r\n"
    "200 Success\r\n"
    "<tunnel action=\"info\" type=\"v6udpv4\" lifetime=\"1440\">\r\n"
    "  <server>\r\n"
    "    <address type=\"ipv4\">192.0.2.1</address>\r\n"
    "    <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0001</address>\r\n"
    "  </server>\r\n"
    "  <client>\r\n"
    "    <address type=\"ipv4\">198.51.100.7</address>\r\n"
    "    <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0002</address>\r\n"
    "    <dns_server>\r\n"
    "      <address type=\"ipv6\">2001:0db8:0000:0053:0000:0000:0000:0053</address>\r\n"
    "    </dns_server>\r\n"
    "    <keepalive interval=\"30\">\r\n"
    "      <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0001</address>\r\n"
    "    </keepalive>\r\n"
    "  </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kCreateV6AnyV4 =
    "Content-length: 217\r\n"
    "<tunnel action=\"create\" type=\"v6anyv4\" proxy=\"no\">\r\n"
    " <client>\r\n"
    "  <address type=\"ipv4\">198.51.100.7</address>\r\n"
    "  <keepalive interval=\"30\">\r\n"
    "    <address type=\"ipv6\">::</address>\r\n"
    "  </keepalive>\r\n"
    " </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kCreateV6AnyV4BehindNat =
    "Content-length: 213\r\n"
    "<tunnel action=\"create\" type=\"v6anyv4\" proxy=\"no\">\r\n"
    " <client>\r\n"
    "  <address type=\"ipv4\">10.1.1.5</address>\r\n"
    "  <keepalive interval=\"30\">\r\n"
    "    <address type=\"ipv6\">::</address>\r\n"
    "  </keepalive>\r\n"
    " </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kUnsupportedType =
    "Content-length: 29\r\n"
    "303 Unsupported tunnel type\r\n"sv;

inline constexpr std::string_view kCreateRouter =
    "Content-length: 402\r\n"
    "<tunnel action=\"create\" type=\"v6v4\" proxy=\"no\">\r\n"
    " <client>\r\n"
    "  <address type=\"ipv4\">198.51.100.7</address>\r\n"
    "  <keepalive interval=\"30\">\r\n"
    "    <address type=\"ipv6\">::</address>\r\n"
    "  </keepalive>\r\n"
    "  <router>\r\n"
    "   <prefix length=\"56\"/>\r\n"
    "   <dns_server>\r\n"
    "     <address type=\"dn\">ns1.example.org</address>\r\n"
    "     <address type=\"dn\">ns2.example.org</address>\r\n"
    "   </dns_server>\r\n"
    "  </router>\r\n"
    " </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kOfferRouter =
    "Content-length: 924\r\n"
    "200 Success\r\n"
    "<tunnel action=\"info\" type=\"v6v4\" lifetime=\"1440\">\r\n"
    "  <server>\r\n"
    "    <address type=\"ipv4\">192.0.2.1</address>\r\n"
    "    <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0001</address>\r\n"
    "  </server>\r\n"
    "  <client>\r\n"
    "    <address type=\"ipv4\">198.51.100.7</address>\r\n"
    "    <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0002</address>\r\n"
    "    <address type=\"dn\">alice.tb.example.net</address>\r\n"
    "    <dns_server>\r\n"
    "      <address type=\"ipv6\">2001:0db8:0000:0053:0000:0000:0000:0053</address>\r\n"
    "    </dns_server>\r\n"
    "    <router>\r\n"
    "      <prefix length=\"56\">2001:0db8:0501:e300:0000:0000:0000:0000</prefix>\r\n"
    "      <dns_server>\r\n"
    "        <address type=\"dn\">ns1.example.org</address>\r\n"
    "        <address type=\"dn\">ns2.example.org</address>\r\n"
    "      </dns_server>\r\n"
    "    </router>\r\n"
    "    <keepalive interval=\"30\">\r\n"
    "      <address type=\"ipv6\">2001:0db8:0000:0100:0000:0000:0000:0001</address>\r\n"
    "    </keepalive>\r\n"
    "  </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kCreateV4V6 =
    "Content-length: 222\r\n"
    "<tunnel action=\"create\" type=\"v4v6\" proxy=\"no\">\r\n"
    " <client>\r\n"
    "  <address type=\"ipv6\">2001:db8:c::7</address>\r\n"
    "  <keepalive interval=\"30\">\r\n"
    "    <address type=\"ipv4\">127.0.0.1</address>\r\n"
    "  </keepalive>\r\n"
    " </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kOfferV4V6 =
    "Content-length: 612\r\n"
    "200 Success\r\n"
    "<tunnel action=\"info\" type=\"v4v6\" lifetime=\"1440\">\r\n"
    "  <server>\r\n"
    "    <address type=\"ipv4\" length=\"30\">192.0.2.129</address>\r\n"
    "    <address type=\"ipv6\">2001:0db8:0000:00aa:0000:0000:0000:0001</address>\r\n"
    "  </server>\r\n"
    "  <client>\r\n"
    "    <address type=\"ipv4\" length=\"30\">192.0.2.130</address>\r\n"
    "    <address type=\"ipv6\">2001:0db8:000c:0000:0000:0000:0000:0007</address>\r\n"
    "    <dns_server>\r\n"
    "      <address type=\"ipv6\">2001:0db8:0000:0053:0000:0000:0000:0053</address>\r\n"
    "    </dns_server>\r\n"
    "    <keepalive interval=\"30\">\r\n"
    "      <address type=\"ipv4\">192.0.2.129</address>\r\n"
    "    </keepalive>\r\n"
    "  </client>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kCreateTerse =
    "Content-length: 143\r\n"
    "<tunnel action=\"create\" type=\"v6udpv4\">"
    "<client><address type=\"ipv4\">10.1.1.5</address><keepalive interval=\"30\"></keepalive></client></tunnel>\r\n"sv;

inline constexpr std::string_view kCreateTerseWithPrefix =
    "Content-length: 181\r\n"
    "<tunnel action=\"create\" type=\"v6udpv4\">"
    "<client><address type=\"ipv4\">10.1.1.5</address><keepalive interval=\"30\"></keepalive>"
    "<router><prefix length=\"64\"/></router></client></tunnel>\r\n"sv;

inline constexpr std::string_view kCreateMinimal =
    "Content-length: 107\r\n"
    "<tunnel action=\"create\" type=\"v6v4\">"
    "<client><address type=\"ipv4\">198.51.100.7</address></client></tunnel>\r\n"sv;

// the other actions.

inline constexpr std::string_view kAccept =
    "Content-length: 35\r\n"
    "<tunnel action=\"accept\"></tunnel>\r\n"sv;

inline constexpr std::string_view kReject =
    "Content-length: 35\r\n"
    "<tunnel action=\"reject\"></tunnel>\r\n"sv;

inline constexpr std::string_view kDelete =
    "Content-length: 35\r\n"
    "<tunnel action=\"delete\"></tunnel>\r\n"sv;

inline constexpr std::string_view kDeleted =
    "Content-length: 13\r\n"
    "200 Success\r\n"sv;

inline constexpr std::string_view kInfoWithLineFeeds =
    "Content-length: 47\r\n"
    "<tunnel action=\"info\" type=\"v6anyv4\">\n"
    "</tunnel>"sv;

// redirects.

inline constexpr std::string_view kRedirectAtVersion =
    "1302 Unsupported client version\r\n"
    "<tunnel action=\"list\" type=\"broker\">\r\n"
    "  <broker>\r\n"
    "    <address type=\"ipv4\">192.0.2.33</address>\r\n"
    "  </broker>\r\n"
    "  <broker>\r\n"
    "    <address type=\"dn\">ts1.example.net</address>\r\n"
    "  </broker>\r\n"
    "</tunnel>\r\n"sv;

inline constexpr std::string_view kRedirectAtAuthenticate =
    "1530 Server too busy\r\n"
    "<tunnel action=\"list\" type=\"broker\">\r\n"
    "  <broker>\r\n"
    "    <address type=\"ipv4\">192.0.2.33</address>\r\n"
    "  </broker>\r\n"
    "  <broker>\r\n"
    "    <address type=\"dn\">ts1.example.net</address>\r\n"
    "  </broker>\r\n"
    "</tunnel>\r\n"
    "\0"sv;

inline constexpr std::string_view kRedirectAtCreate =
    "Content-length: 228\r\n"
    "1301 No more tunnels available\r\n"
    "<tunnel action=\"list\" type=\"broker\">\r\n"
    "  <broker>\r\n"
    "    <address type=\"ipv4\">192.0.2.33</address>\r\n"
    "  </broker>\r\n"
    "  <broker>\r\n"
    "    <address type=\"dn\">ts1.example.net</address>\r\n"
    "  </broker>\r\n"
    "</tunnel>\r\n"sv;

}  // namespace tsp::wire::examples
