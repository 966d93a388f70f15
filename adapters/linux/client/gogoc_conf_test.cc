// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/gogoc_conf.h"

#include <gtest/gtest.h>

namespace tsp::linux_ {
namespace gogoc_conf_test {

using namespace std::chrono_literals;

std::string error_of(std::string_view text) {
  const auto conf = parse_gogoc_conf(text);
  return conf ? "" : conf.error();
}

TEST(GogocConf, EmptyFileHasTheDefaultsOfGogoc) {
  const auto conf = parse_gogoc_conf("");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->options.negotiation.mechanism, AuthMechanism::Anonymous);
  EXPECT_EQ(conf->options.negotiation.type, RequestedType::V6AnyV4);
  EXPECT_EQ(conf->options.negotiation.keepalive_seconds, 30U);
  EXPECT_EQ(conf->options.negotiation.retry_min, Duration(30s));
  EXPECT_FALSE(conf->options.negotiation.router_prefix_length);
}

TEST(GogocConf, ClassicRouterFileIsRead) {
  const auto conf = parse_gogoc_conf(
      "# a comment\r\n"
      "userid=alice\r\n"
      "passwd=se=cret\r\n"
      "  server = tb.example.net:3654\r\n"
      "auth_method=any\n"
      "host_type=router\n"
      "prefixlen=56\n"
      "if_prefix=eth1\n"
      "dns_server=ns1.example.org:ns2.example.org\n"
      "auto_retry_connect=no\n"
      "keepalive_interval=20\n"
      "tunnel_mode=v6udpv4\n"
      "if_tunnel_v6v4=sit1\n"
      "if_tunnel_v6udpv4=tun\n"
      "client_v4=auto\n"
      "template=linux");
  ASSERT_TRUE(conf) << conf.error();
  const client::ClientConfig& config = conf->options.negotiation;
  EXPECT_EQ(config.login, "alice");
  EXPECT_EQ(config.password, "se=cret");
  EXPECT_EQ(config.server, (client::ServerName{"tb.example.net", 3654}));
  EXPECT_EQ(config.mechanism, AuthMechanism::DigestMd5);
  EXPECT_EQ(config.router_prefix_length, 56);
  EXPECT_EQ(config.reverse_dns_servers, (std::vector<std::string>{"ns1.example.org", "ns2.example.org"}));
  EXPECT_TRUE(config.once);
  EXPECT_EQ(config.keepalive_seconds, 20U);
  EXPECT_EQ(conf->options.host.device, "tun");
  EXPECT_EQ(conf->options.host.lan, "eth1");
  EXPECT_TRUE(conf->warnings.empty());
}

TEST(GogocConf, SeveralServersAreTriedInTheirOrder) {
  const auto conf = parse_gogoc_conf("server=tb1.example.net\nserver=192.0.2.2:4000\nserver=tb3.example.net\n");
  ASSERT_TRUE(conf) << conf.error();
  const client::ClientConfig& config = conf->options.negotiation;
  EXPECT_EQ(config.server.host, "tb1.example.net");
  EXPECT_EQ(config.more_servers, (std::vector<client::ServerName>{{"192.0.2.2", 4000}, {"tb3.example.net", kTspPort}}));
}

TEST(GogocConf, KeepaliveCanBeSwitchedOff) {
  EXPECT_EQ(parse_gogoc_conf("keepalive=no\nkeepalive_interval=30")->options.negotiation.keepalive_seconds, 0U);
}

TEST(GogocConf, RouterWithoutALengthAsksForTheClassicOne) {
  EXPECT_EQ(parse_gogoc_conf("host_type=router")->options.negotiation.router_prefix_length, 64);
  EXPECT_EQ(parse_gogoc_conf("host_type=router\nprefixlen=0")->options.negotiation.router_prefix_length, 48);
}

TEST(GogocConf, IPv4InIPv6HasADeviceAndALengthOfItsOwn) {
  const auto conf = parse_gogoc_conf(
      "server=[2001:db8::1]\ntunnel_mode=v4v6\nif_tunnel_v6udpv4=tun\nif_tunnel_v4v6=gif0\nclient_v6=auto\n"
      "host_type=router\n");
  ASSERT_TRUE(conf) << conf.error();
  EXPECT_EQ(conf->options.negotiation.type, RequestedType::V4V6);
  EXPECT_EQ(conf->options.negotiation.router_prefix_length, 24);
  EXPECT_EQ(conf->options.host.device, "gif0");
  EXPECT_TRUE(conf->warnings.empty());
  const auto length = [](std::string_view text) {
    return parse_gogoc_conf("tunnel_mode=v4v6\nhost_type=router\n" + std::string(text))
        ->options.negotiation.router_prefix_length;
  };
  EXPECT_EQ(length("prefixlen=0"), 24);
  EXPECT_EQ(length("prefixlen=28"), 28);
}

TEST(GogocConf, KeysOfOurOwnAreRead) {
  const auto conf = parse_gogoc_conf(
      "hook=/etc/tunnel-changed\nhook_mode=configure\nhook_timeout=5\nmtu=1400\nmss_clamp=no\n"
      "gogoc_dir=/opt/gogoc\nif_tunnel_v6v4=sit7");
  ASSERT_TRUE(conf) << conf.error();
  const HostOptions& host = conf->options.host;
  EXPECT_EQ(host.hook.program, "/etc/tunnel-changed");
  EXPECT_TRUE(host.hook.configures());
  EXPECT_EQ(host.hook.patience, 5s);
  EXPECT_EQ(host.hook.home, "/opt/gogoc");
  EXPECT_EQ(host.mtu, 1400);
  EXPECT_FALSE(host.mss_clamp);
  EXPECT_EQ(host.sit_device, "sit7");
  EXPECT_TRUE(conf->warnings.empty());
}

TEST(GogocConf, TemplateOfOnesOwnConfiguresTheHost) {
  const auto conf = parse_gogoc_conf("gogoc_dir=/opt/gogoc\ntemplate=mine");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->options.host.hook.program, "/opt/gogoc/template/mine.sh");
  EXPECT_TRUE(conf->options.host.hook.configures());
}

TEST(GogocConf, TemplateOfLinuxIsWhatIsDoneAnyway) {
  EXPECT_EQ(parse_gogoc_conf("gogoc_dir=/opt/gogoc\ntemplate=linux")->options.host.hook.program, "");
}

TEST(GogocConf, HookComesBeforeATemplate) {
  const auto conf = parse_gogoc_conf("gogoc_dir=/opt/gogoc\ntemplate=mine\nhook=/etc/tunnel-changed");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->options.host.hook.program, "/etc/tunnel-changed");
  EXPECT_FALSE(conf->options.host.hook.configures());
}

TEST(GogocConf, TemplateThatCannotBeFoundIsAWarning) {
  const auto conf = parse_gogoc_conf("template=mine");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->options.host.hook.program, "");
  EXPECT_EQ(conf->warnings, std::vector<std::string>{"template=mine is not run without gogoc_dir"});
}

TEST(GogocConf, UnknownKeyIsAWarningWithItsLine) {
  const auto conf = parse_gogoc_conf("server=tb.example.net\n\nfrobnicate=yes\n");
  ASSERT_TRUE(conf);
  EXPECT_EQ(conf->warnings, std::vector<std::string>{"line 3: unknown key 'frobnicate'"});
}

TEST(GogocConf, WrongValueNamesLineKeyAndWhatIsAllowed) {
  EXPECT_EQ(error_of("\nhost_type=bridge"), "line 2: host_type: 'bridge' is not allowed; use host or router");
  EXPECT_EQ(error_of("prefixlen=65"), "line 1: prefixlen: '65' is not allowed; use a number from 0 to 64");
  EXPECT_EQ(error_of("keepalive=maybe"), "line 1: keepalive: 'maybe' is not allowed; use yes or no");
  EXPECT_EQ(error_of("nonsense"), "line 1: KEY=VALUE expected");
  EXPECT_NE(error_of("auth_method=passdss-3des-1"), "");
  EXPECT_EQ(error_of("tunnel_mode=v6v6"),
            "line 1: tunnel_mode: 'v6v6' is not allowed; use v6anyv4, v6v4, v6udpv4 or v4v6");
  EXPECT_NE(error_of("proxy_client=yes"), "");
  EXPECT_NE(error_of("server=a b"), "");
  EXPECT_NE(error_of("retry_delay=-1"), "");
  EXPECT_NE(error_of("template=/etc/mine.sh"), "");
  EXPECT_NE(error_of("hook_mode=sometimes"), "");
  EXPECT_NE(error_of("hook_timeout=301"), "");
  EXPECT_NE(error_of("mtu=1481"), "");
}

TEST(GogocConf, RetryDelayIsNeverZero) {
  EXPECT_EQ(parse_gogoc_conf("retry_delay=0")->options.negotiation.retry_min, Duration(1s));
}

}  // namespace gogoc_conf_test
}  // namespace tsp::linux_
