// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/tsp_snippets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/client/gogoc_conf.h"

namespace tsp::linux_ {
namespace tsp_snippets_test {

using testing::HasSubstr;
using testing::Not;

TspFacts host() {
  return {.login = "alice", .server = {"tb.example.net", 3653}};
}

TspFacts router() {
  TspFacts facts = host();
  facts.server.port = 3654;
  facts.prefix_length = 56;
  facts.keepalive_seconds = 40;
  return facts;
}

TEST(TspSnippets, GogocGetsItsKeysForAHost) {
  EXPECT_EQ(gogoc_snippet(host()), R"(# gogoc.conf for account "alice".
# The broker knows no passwords: put the account's in place of PASSWORD, and let only root read this file.
userid=alice
passwd=PASSWORD
server=tb.example.net
auth_method=digest-md5
tunnel_mode=v6udpv4
# For a whole network: host_type=router, with prefixlen= and if_prefix=.
host_type=host
keepalive=yes
keepalive_interval=30
)");
}

TEST(TspSnippets, GogocGetsItsKeysForARouter) {
  EXPECT_EQ(gogoc_snippet(router()), R"(# gogoc.conf for account "alice".
# The broker knows no passwords: put the account's in place of PASSWORD, and let only root read this file.
userid=alice
passwd=PASSWORD
server=tb.example.net:3654
auth_method=digest-md5
tunnel_mode=v6udpv4
host_type=router
prefixlen=56
# The interface of the LAN:
if_prefix=eth1
keepalive=yes
keepalive_interval=40
)");
}

TEST(TspSnippets, OurClientReadsWhatGogocGets) {
  TspFacts facts = router();
  facts.login = R"(#o'neil = "$x" \)";
  facts.type = TunnelType::V6V4;
  const auto conf = parse_gogoc_conf(gogoc_snippet(facts).value());

  ASSERT_TRUE(conf) << conf.error();
  EXPECT_TRUE(conf->warnings.empty());
  const client::ClientConfig& negotiation = conf->options.negotiation;
  EXPECT_EQ(negotiation.login, facts.login);
  EXPECT_EQ(negotiation.server, facts.server);
  EXPECT_EQ(negotiation.mechanism, AuthMechanism::DigestMd5);
  EXPECT_EQ(negotiation.type, RequestedType::V6V4);
  EXPECT_EQ(negotiation.router_prefix_length, 56);
  EXPECT_EQ(negotiation.keepalive_seconds, 40U);
}

TEST(TspSnippets, GogocIsRefusedALoginThatItsFormatWouldCut) {
  TspFacts facts = host();
  for (const char* login : {" alice", "alice "}) {
    facts.login = login;
    const auto text = gogoc_snippet(facts);
    ASSERT_FALSE(text);
    EXPECT_THAT(text.error(), HasSubstr("blank"));
  }
}

TEST(TspSnippets, GogocWithoutKeepaliveSendsNone) {
  TspFacts facts = host();
  facts.keepalive_seconds = 0;
  EXPECT_THAT(gogoc_snippet(facts).value(), HasSubstr("keepalive=no\n"));
  EXPECT_THAT(gogoc_snippet(facts).value(), Not(HasSubstr("keepalive_interval")));
}

TEST(TspSnippets, TspConnectGetsACommandLineForAHost) {
  EXPECT_EQ(tsp_connect_snippet(host()), R"(# tsp-connect for account "alice", to be run as root.
# The broker knows no passwords: write the account's into the password file, and let only root read it.
tsp-connect --server 'tb.example.net' --login='alice' --password-file /etc/tsp-connect.password
)");
}

TEST(TspSnippets, TspConnectGetsACommandLineForARouter) {
  TspFacts facts = router();
  facts.type = TunnelType::V6V4;
  facts.login = "-o'neil";
  EXPECT_EQ(tsp_connect_snippet(facts), R"(# tsp-connect for account "-o'neil", to be run as root.
# The broker knows no passwords: write the account's into the password file, and let only root read it.
tsp-connect --server 'tb.example.net:3654' --login='-o'\''neil' --password-file /etc/tsp-connect.password --type v6v4 --router 56 --keepalive 40
# With --lan DEVICE, the LAN gets the first /64 of the prefix.
)");
}

TEST(TspSnippets, BothClientsAreAskedForV4V6) {
  TspFacts facts = host();
  facts.type = TunnelType::V4V6;
  facts.server.host = "2001:db8::53";
  EXPECT_THAT(gogoc_snippet(facts).value(),
              HasSubstr("server=[2001:db8::53]\nauth_method=digest-md5\ntunnel_mode=v4v6\n"));
  EXPECT_THAT(tsp_connect_snippet(facts).value(), HasSubstr(" --type v4v6"));
  EXPECT_THAT(gogoc_snippet(facts).value(), HasSubstr("gogoc on Linux asks for a v4v6 tunnel, but does not set it up"));
  facts.prefix_length = 28;
  EXPECT_THAT(tsp_connect_snippet(facts).value(), HasSubstr("the LAN gets the whole prefix."));
}

TEST(TspSnippets, TspConnectKeepsATunnelAliveThatWasMadeWithoutKeepalive) {
  TspFacts facts = host();
  facts.keepalive_seconds = 0;
  EXPECT_THAT(tsp_connect_snippet(facts).value(), Not(HasSubstr("--keepalive")));
}

}  // namespace tsp_snippets_test
}  // namespace tsp::linux_
