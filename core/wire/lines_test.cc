// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "core/wire/examples.h"
#include "core/wire/message.h"

namespace tsp::wire {
namespace lines_test {

using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(VersionLine, TheTokenEndsAtLineEndNulBlankOrEnd) {
  for (const std::string_view line :
       {examples::kVersion, "VERSION=2.0.2\n"sv, "VERSION=2.0.2"sv, "VERSION=2.0.2 x"sv, "VERSION=2.0.2\0"sv}) {
    EXPECT_EQ(parse_version(line), "2.0.2") << line;
  }
  EXPECT_EQ(parse_version("VERSION="), "");
}

TEST(VersionLine, OtherLinesAreNone) {
  for (const std::string_view line : {"", "VERSION", "version=2.0.2", " VERSION=2.0.2", "ECHO REQUEST"}) {
    EXPECT_FALSE(parse_version(line).has_value()) << line;
  }
}

TEST(VersionLine, EverySecondVersionIsSupportedAndNoOther) {
  for (const std::string_view version : {"2.0.0", "2.0.1", "2.0.2", "2.0", "2.7", "2.0.0.1"}) {
    EXPECT_TRUE(version_supported(version)) << version;
  }
  for (const std::string_view version : {"", "2", "2.", "2.x", "2.0.", "2..0", "0.1", "1.0", "1.0.1", "1.1", "3.0.0",
                                         "20.0", "-2.0", "2.0.0-beta", "2.99999999999999999999", "2.0.0.0.0"}) {
    EXPECT_FALSE(version_supported(version)) << version;
  }
}

TEST(VersionLine, VersionsUpTo200HaveTheHashFault) {
  for (const std::string_view version : {"2.0.0", "2.0", "1.0.1", "1.9.9"}) {
    EXPECT_TRUE(version_has_bug_1455(version)) << version;
  }
  for (const std::string_view version : {"2.0.1", "2.0.2", "2.1", "2.0.0.1", "", "nonsense"}) {
    EXPECT_FALSE(version_has_bug_1455(version)) << version;
  }
}

TEST(EchoRequest, IsRecognisedWithAndWithoutLineEnd) {
  for (const std::string_view text : {"ECHO REQUEST"sv, "ECHO REQUEST\r\n"sv, "ECHO REQUEST\n"sv, "ECHO REQUEST\0"sv}) {
    EXPECT_TRUE(is_echo_request(text)) << text;
  }
  for (const std::string_view text : {"", "ECHO", "ECHO REQUESTS", "echo request", "ECHO REQUEST x", " ECHO REQUEST"}) {
    EXPECT_FALSE(is_echo_request(text)) << text;
  }
}

TEST(AuthenticateLine, TheFormsOfRealClientsAreRead) {
  EXPECT_EQ(parse_authenticate(examples::kAuthenticateAnonymous), "ANONYMOUS");
  EXPECT_EQ(parse_authenticate(examples::kAuthenticatePlain), "PLAIN");
  EXPECT_EQ(parse_authenticate(examples::kAuthenticateDigest), "DIGEST-MD5");
  EXPECT_EQ(parse_authenticate("AUTHENTICATE PASSDSS-3DES-1\r\n\0"sv), "PASSDSS-3DES-1");
  EXPECT_EQ(parse_authenticate("AUTHENTICATE PLAIN\r\b"), "PLAIN");
  EXPECT_EQ(parse_authenticate("AUTHENTICATE PLAIN"), "PLAIN");
  EXPECT_EQ(parse_authenticate("AUTHENTICATE digest-md5\n"), "DIGEST-MD5");
  EXPECT_EQ(parse_authenticate("authenticate Plain\r\n"), "PLAIN");
  EXPECT_EQ(parse_authenticate("AUTHENTICATE  \tX_1 trailing"), "X_1");
}

TEST(AuthenticateLine, OtherLinesAreNone) {
  for (const std::string_view line : {"", "AUTHENTICATE", "AUTHENTICATE \r\n", "AUTHENTICATE\r\nPLAIN",
                                      "AUTHENTICATEPLAIN", "AUTH PLAIN", "AUTHENTICATE =A"}) {
    EXPECT_FALSE(parse_authenticate(line).has_value()) << line;
  }
}

TEST(CapabilityLine, HasTheExactBytesOldClientsRead) {
  const std::vector mechanisms{AuthMechanism::Anonymous, AuthMechanism::Plain, AuthMechanism::DigestMd5};
  EXPECT_EQ(capability_line({{TunnelType::V6V4, TunnelType::V6UdpV4}, mechanisms}), examples::kCapabilityIPv4);
  EXPECT_EQ(capability_line({{TunnelType::V4V6}, mechanisms}), examples::kCapabilityIPv6);
}

TEST(CapabilityLine, IsReadBack) {
  const Capabilities capabilities{{TunnelType::V6UdpV4}, {AuthMechanism::DigestMd5, AuthMechanism::Anonymous}};
  EXPECT_EQ(parse_capability(capability_line(capabilities)), capabilities);
}

TEST(CapabilityLine, AnyOrderCaseAndSpacingIsRead) {
  const auto capabilities =
      parse_capability("capability  auth=plain TUNNEL=v6udpv4\tAUTH=Digest-MD5 tunnel=V6V4 AUTH=PLAIN \n");
  ASSERT_TRUE(capabilities.has_value());
  EXPECT_THAT(capabilities->types, ElementsAre(TunnelType::V6UdpV4, TunnelType::V6V4));
  EXPECT_THAT(capabilities->mechanisms, ElementsAre(AuthMechanism::Plain, AuthMechanism::DigestMd5));
}

TEST(CapabilityLine, UnknownTokensAndFollowingLinesAreIgnored) {
  const auto capabilities = parse_capability("CAPABILITY TUNNEL=V9 FOO AUTH=KERBEROS TUNNEL=\r\nTUNNEL=V6V4");
  ASSERT_TRUE(capabilities.has_value());
  EXPECT_THAT(capabilities->types, IsEmpty());
  EXPECT_THAT(capabilities->mechanisms, IsEmpty());
}

TEST(CapabilityLine, OtherLinesAreNone) {
  for (const std::string_view line :
       {"", "200 Success\r\n", "CAPABILITYTUNNEL=V6V4", "302 Unsupported\r\nCAPABILITY"}) {
    EXPECT_FALSE(parse_capability(line).has_value()) << line;
  }
}

TEST(Names, EveryNameIsReadBack) {
  for (const auto mechanism : {AuthMechanism::Anonymous, AuthMechanism::Plain, AuthMechanism::DigestMd5}) {
    EXPECT_EQ(parse_mechanism(mechanism_name(mechanism)), mechanism);
  }
  for (const auto type : {TunnelType::V6UdpV4, TunnelType::V6V4, TunnelType::V4V6}) {
    EXPECT_EQ(parse_tunnel_type(type_name(type)), type);
  }
  for (const auto type : {RequestedType::V6V4, RequestedType::V6UdpV4, RequestedType::V6AnyV4, RequestedType::V4V6}) {
    EXPECT_EQ(parse_requested_type(type_name(type)), type);
  }
  EXPECT_FALSE(parse_tunnel_type("v6anyv4").has_value()) << "nothing is ever that";
  EXPECT_FALSE(parse_mechanism("PLAINTEXT").has_value());
}

}  // namespace lines_test
}  // namespace tsp::wire
