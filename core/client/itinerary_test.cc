// SPDX-License-Identifier: Apache-2.0
#include "core/client/itinerary.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/client/test_support.h"

namespace tsp::client {
namespace itinerary_test {

using testing::anonymous_config;

Itinerary make_itinerary(const ClientConfig& config) {
  return Itinerary(std::make_shared<const ClientConfig>(config));
}

Failure failure(FailureKind kind, unsigned code = 0) {
  return {.kind = kind, .code = code, .detail = {}, .redirect = {}};
}

Failure redirect_to(std::vector<std::string> brokers) {
  return failure_from_redirect(wire::Redirect{.code = 302, .brokers = std::move(brokers)});
}

bool goes_on(Itinerary& itinerary, const Failure& why) {
  return std::holds_alternative<Itinerary::GoOn>(itinerary.after(why));
}

std::optional<FailureKind> over_because(Itinerary& itinerary, const Failure& why) {
  const auto step = itinerary.after(why);
  const auto* over = std::get_if<Itinerary::RoundOver>(&step);
  return over ? std::optional(over->failure.kind) : std::nullopt;
}

TEST(Itinerary, BeginsAtTheConfiguredServerOverUdpWithTheNewestVersion) {
  const Itinerary itinerary = make_itinerary(anonymous_config());
  EXPECT_EQ(to_text(itinerary.server()), "tb.example.net");
  EXPECT_EQ(itinerary.transport(), Transport::Udp);
  EXPECT_EQ(itinerary.version(), "2.0.2");
}

TEST(Itinerary, TcpFollowsUdpForTypesThatMayUseIt) {
  for (const RequestedType type : {RequestedType::V6V4, RequestedType::V6AnyV4, RequestedType::V4V6}) {
    ClientConfig config = anonymous_config();
    config.type = type;
    Itinerary itinerary = make_itinerary(config);
    EXPECT_TRUE(goes_on(itinerary, failure(FailureKind::NoAnswer)));
    EXPECT_EQ(itinerary.transport(), Transport::Tcp);
    EXPECT_FALSE(goes_on(itinerary, failure(FailureKind::NoAnswer)));
  }
}

TEST(Itinerary, V6UdpV4NeverUsesTcp) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  EXPECT_EQ(over_because(itinerary, failure(FailureKind::NoAnswer)), FailureKind::NoAnswer);
}

TEST(Itinerary, OlderVersionsAreTriedOneByOneAfterADelay) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  const auto step = itinerary.after(failure(FailureKind::VersionRefused, 302));
  ASSERT_TRUE(std::holds_alternative<Itinerary::GoOn>(step));
  EXPECT_GT(std::get<Itinerary::GoOn>(step).delay, Duration{});
  EXPECT_EQ(itinerary.version(), "2.0.1");
  EXPECT_TRUE(goes_on(itinerary, failure(FailureKind::VersionRefused, 302)));
  EXPECT_EQ(itinerary.version(), "2.0.0");
  EXPECT_EQ(over_because(itinerary, failure(FailureKind::VersionRefused, 302)), FailureKind::VersionRefused);
}

TEST(Itinerary, NewRoundBeginsWithTheNewestVersionAgain) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  (void)itinerary.after(failure(FailureKind::VersionRefused, 302));
  itinerary.restart(RequestedType::V6UdpV4);
  EXPECT_EQ(itinerary.version(), "2.0.2");
}

TEST(Itinerary, AuthenticationFailureIsNotTriedElsewhere) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net", "two.example.net"})));
  EXPECT_EQ(over_because(itinerary, failure(FailureKind::AuthenticationFailed, 300)),
            FailureKind::AuthenticationFailed);
}

TEST(Itinerary, ListedServersAreTriedInTheirOrder) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net", "two.example.net:4000"})));
  EXPECT_EQ(to_text(itinerary.server()), "one.example.net");
  ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::Refused, 530)));
  EXPECT_EQ(to_text(itinerary.server()), "two.example.net:4000");
  EXPECT_EQ(over_because(itinerary, failure(FailureKind::NoAnswer)), FailureKind::NoAnswer);
}

TEST(Itinerary, RedirectLoopEndsTheRound) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net"})));
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"two.example.net"})));
  EXPECT_EQ(over_because(itinerary, redirect_to({"one.example.net", "TB.example.net"})), FailureKind::RedirectRefused);
}

TEST(Itinerary, NoMoreHopsThanAllowed) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  for (int hop = 0; hop < 5; ++hop) {
    ASSERT_TRUE(goes_on(itinerary, redirect_to({"hop" + std::to_string(hop) + ".example.net"})));
  }
  EXPECT_EQ(over_because(itinerary, redirect_to({"hop5.example.net"})), FailureKind::RedirectRefused);
}

TEST(Itinerary, LowPortsPrivateAddressesAndIPv6AreNotFollowed) {
  for (const char* broker : {"one.example.net:53", "10.0.0.1", "127.0.0.1", "[2001:db8::1]", "not a name"}) {
    Itinerary itinerary = make_itinerary(anonymous_config());
    EXPECT_EQ(over_because(itinerary, redirect_to({broker})), FailureKind::RedirectRefused) << broker;
  }
}

TEST(Itinerary, AV4V6ClientFollowsToIPv6Only) {
  for (const char* broker : {"1.1.1.1", "[2001:db8::1]", "[fd00::1]", "[fe80::1]", "[::1]", "[2606:4700::1]:53"}) {
    Itinerary itinerary = make_itinerary(testing::ipv4_config());
    EXPECT_EQ(over_because(itinerary, redirect_to({broker})), FailureKind::RedirectRefused) << broker;
  }
  for (const char* broker : {"[2606:4700::1]:4000", "one.example.net"}) {
    Itinerary itinerary = make_itinerary(testing::ipv4_config());
    EXPECT_TRUE(goes_on(itinerary, redirect_to({"1.1.1.1", broker}))) << broker;
  }
}

TEST(Itinerary, AddressMustBeOfTheFamilyThatTheTypeNeeds) {
  const Endpoint ipv4 = make_endpoint(*parse_ipv4("1.1.1.1"), kTspPort);
  const Endpoint ipv6{*parse_ipv6("2606:4700::1"), kTspPort};
  EXPECT_TRUE(make_itinerary(anonymous_config()).may_connect(ipv4));
  EXPECT_FALSE(make_itinerary(anonymous_config()).may_connect(ipv6));
  EXPECT_FALSE(make_itinerary(testing::ipv4_config()).may_connect(ipv4));
  EXPECT_TRUE(make_itinerary(testing::ipv4_config()).may_connect(ipv6));
}

TEST(Itinerary, PrivateAddressesAreFollowedWhenAllowed) {
  ClientConfig config = anonymous_config();
  config.redirects.allow_private = true;
  Itinerary itinerary = make_itinerary(config);
  EXPECT_TRUE(goes_on(itinerary, redirect_to({"10.0.0.1"})));
  EXPECT_TRUE(itinerary.may_connect(make_endpoint(*parse_ipv4("10.0.0.1"), kTspPort)));
}

TEST(Itinerary, AllowListIsKept) {
  ClientConfig config = anonymous_config();
  config.redirects.allowed_hosts = {"one.example.net", ".example.org"};
  EXPECT_EQ(Itinerary(make_itinerary(config)).server().host, "tb.example.net");
  for (const char* broker : {"one.example.net", "a.example.org"}) {
    Itinerary itinerary = make_itinerary(config);
    EXPECT_TRUE(goes_on(itinerary, redirect_to({broker}))) << broker;
  }
  for (const char* broker : {"x.one.example.net", "badexample.org", "example.com"}) {
    Itinerary itinerary = make_itinerary(config);
    EXPECT_FALSE(goes_on(itinerary, redirect_to({broker}))) << broker;
  }
}

TEST(Itinerary, NameThatResolvesToAPrivateAddressIsRefusedOnlyAfterARedirect) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  const Endpoint inside = make_endpoint(*parse_ipv4("192.168.1.1"), kTspPort);
  EXPECT_TRUE(itinerary.may_connect(inside));
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net"})));
  EXPECT_FALSE(itinerary.may_connect(inside));
}

TEST(Itinerary, RememberedListIsUsedWhenTheConfiguredServerIsAway) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net"})));
  itinerary.restart(RequestedType::V6UdpV4);
  EXPECT_EQ(itinerary.server().host, "tb.example.net");
  ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::NoAnswer)));
  EXPECT_EQ(itinerary.server().host, "one.example.net");
  EXPECT_FALSE(goes_on(itinerary, failure(FailureKind::NoAnswer)));
}

ClientConfig config_with_three_servers() {
  ClientConfig config = anonymous_config();
  config.more_servers = {{"second.example.net", kTspPort}, {"third.example.net", 4000}};
  return config;
}

TEST(Itinerary, ConfiguredServersAreTriedInTheirOrderWhateverTheFailure) {
  Itinerary itinerary = make_itinerary(config_with_three_servers());
  ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::NoAnswer)));
  EXPECT_EQ(to_text(itinerary.server()), "second.example.net");
  EXPECT_FALSE(itinerary.redirected());
  ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::AuthenticationFailed, 300)));
  EXPECT_EQ(to_text(itinerary.server()), "third.example.net:4000");

  const auto step = itinerary.after(failure(FailureKind::AuthenticationFailed, 300));

  const auto* over = std::get_if<Itinerary::RoundOver>(&step);
  ASSERT_NE(over, nullptr);
  EXPECT_EQ(over->failure.kind, FailureKind::AuthenticationFailed);
  EXPECT_EQ(over->retry, RetryClass::Later) << "the first server may answer soon";
  itinerary.restart(RequestedType::V6UdpV4);
  EXPECT_EQ(to_text(itinerary.server()), "tb.example.net");
}

TEST(Itinerary, ServersThatAllRefuseAreNotTriedAgainSoon) {
  Itinerary itinerary = make_itinerary(config_with_three_servers());
  for (int server = 0; server < 2; ++server) {
    ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::AuthenticationFailed, 300)));
  }
  const auto step = itinerary.after(failure(FailureKind::AuthenticationFailed, 300));
  ASSERT_TRUE(std::holds_alternative<Itinerary::RoundOver>(step));
  EXPECT_EQ(std::get<Itinerary::RoundOver>(step).retry, RetryClass::Refused);
}

TEST(Itinerary, TheNextConfiguredServerFollowsTheListThatTheOneBeforeHasGiven) {
  Itinerary itinerary = make_itinerary(config_with_three_servers());
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net", "third.example.net:4000"})));
  EXPECT_EQ(to_text(itinerary.server()), "one.example.net");
  EXPECT_TRUE(itinerary.redirected());
  ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::Refused, 530)));
  EXPECT_EQ(to_text(itinerary.server()), "third.example.net:4000");
  ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::NoAnswer)));
  EXPECT_EQ(to_text(itinerary.server()), "second.example.net");
  EXPECT_FALSE(itinerary.redirected());
  EXPECT_FALSE(goes_on(itinerary, failure(FailureKind::NoAnswer))) << "the third was tried already";
}

TEST(Itinerary, ARedirectIsNotCalledOneTooManyWhereNoneIsFollowed) {
  ClientConfig config = anonymous_config();
  config.redirects.hops_max = 0;
  Itinerary itinerary = make_itinerary(config);
  const auto step = itinerary.after(redirect_to({"one.example.net"}));
  ASSERT_TRUE(std::holds_alternative<Itinerary::RoundOver>(step));
  const Failure& failure = std::get<Itinerary::RoundOver>(step).failure;
  EXPECT_EQ(failure.kind, FailureKind::RedirectRefused);
  EXPECT_EQ(failure.detail, "none is to be followed: to one.example.net");
}

TEST(Itinerary, EachConfiguredServerMayRedirectAsOftenAsAllowed) {
  ClientConfig config = config_with_three_servers();
  config.redirects.hops_max = 1;
  Itinerary itinerary = make_itinerary(config);
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net"})));
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"two.example.net"}))) << "too many: on to the next";
  EXPECT_EQ(to_text(itinerary.server()), "second.example.net");
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"two.example.net"})));
  EXPECT_EQ(to_text(itinerary.server()), "two.example.net");
}

TEST(Itinerary, ARememberedListComesAfterAllConfiguredServers) {
  Itinerary itinerary = make_itinerary(config_with_three_servers());
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net"})));
  itinerary.restart(RequestedType::V6UdpV4);
  std::vector<std::string> servers;
  do servers.push_back(to_text(itinerary.server()));
  while (goes_on(itinerary, failure(FailureKind::NoAnswer)));
  EXPECT_EQ(servers, (std::vector<std::string>{"tb.example.net", "second.example.net", "third.example.net:4000",
                                               "one.example.net"}));
}

std::vector<ServerName> reversed(std::vector<ServerName> servers) {
  std::ranges::reverse(servers);
  return servers;
}

std::vector<std::string> texts(const std::vector<ServerName>& servers) {
  std::vector<std::string> result;
  for (const ServerName& server : servers) result.push_back(to_text(server));
  return result;
}

TEST(Itinerary, SeveralConfiguredServersMayBeOrderedBeforeTheFirstIsTried) {
  Itinerary itinerary = make_itinerary(config_with_three_servers());
  EXPECT_EQ(texts(itinerary.unordered()),
            (std::vector<std::string>{"tb.example.net", "second.example.net", "third.example.net:4000"}));

  itinerary.ordered(reversed(itinerary.unordered()));

  EXPECT_TRUE(itinerary.unordered().empty());
  std::vector<std::string> tried;
  do tried.push_back(to_text(itinerary.server()));
  while (goes_on(itinerary, failure(FailureKind::NoAnswer)));
  EXPECT_EQ(tried, (std::vector<std::string>{"third.example.net:4000", "second.example.net", "tb.example.net"}));
}

TEST(Itinerary, ABrokerListMayBeOrderedWhereverItComesFrom) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  EXPECT_TRUE(itinerary.unordered().empty()) << "there is one";
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net", "two.example.net"})));
  EXPECT_EQ(texts(itinerary.unordered()), (std::vector<std::string>{"one.example.net", "two.example.net"}));
  itinerary.ordered(reversed(itinerary.unordered()));
  EXPECT_EQ(to_text(itinerary.server()), "two.example.net");
  EXPECT_TRUE(itinerary.redirected());
  ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::NoAnswer)));
  EXPECT_EQ(to_text(itinerary.server()), "one.example.net");
  EXPECT_TRUE(itinerary.unordered().empty());

  itinerary.restart(RequestedType::V6UdpV4);
  ASSERT_TRUE(goes_on(itinerary, failure(FailureKind::NoAnswer)));
  EXPECT_EQ(texts(itinerary.unordered()), (std::vector<std::string>{"one.example.net", "two.example.net"}))
      << "the remembered list";
}

TEST(Itinerary, OrderingDoesNotOpenACircle) {
  Itinerary itinerary = make_itinerary(anonymous_config());
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net", "two.example.net"})));
  itinerary.ordered(reversed(itinerary.unordered()));
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"tb.example.net", "two.example.net", "one.example.net"})))
      << "one has not been tried yet";
  EXPECT_EQ(to_text(itinerary.server()), "one.example.net");
  EXPECT_FALSE(goes_on(itinerary, redirect_to({"two.example.net", "tb.example.net"})));
}

TEST(Itinerary, WhoeverWantsItKeepsTheOrderThatIsGiven) {
  ClientConfig config = config_with_three_servers();
  config.measure_distance = false;
  Itinerary itinerary = make_itinerary(config);
  EXPECT_TRUE(itinerary.unordered().empty());
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net", "two.example.net"})));
  EXPECT_TRUE(itinerary.unordered().empty());
}

TEST(Itinerary, EveryRoundIsFinite) {
  ClientConfig config = anonymous_config();
  config.type = RequestedType::V6AnyV4;
  Itinerary itinerary = make_itinerary(config);
  ASSERT_TRUE(goes_on(itinerary, redirect_to({"one.example.net", "two.example.net"})));
  itinerary.restart(RequestedType::V6AnyV4);
  int steps = 0;
  while (goes_on(itinerary, failure(FailureKind::NoAnswer))) ASSERT_LT(++steps, 100);
  EXPECT_EQ(steps, 5);  // three servers, two transports each
}

}  // namespace itinerary_test
}  // namespace tsp::client
