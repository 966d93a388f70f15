// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/update/nic_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/wire/base64.h"

namespace tsp::linux_ {
namespace nic_update_test {

using testing::HasSubstr;
using testing::StartsWith;

constexpr IPv4Address kPeer{{198, 51, 100, 7}};

FourTuple connection() {
  return {.remote = make_endpoint(kPeer, 50000), .local = make_endpoint({{192, 0, 2, 1}}, 8053)};
}

std::string basic(const std::string& credentials) {
  return "Authorization: Basic " + wire::base64_encode(credentials) + "\r\n";
}

HttpHead head_of(const std::string& target, const std::string& fields = basic("alice:key")) {
  const auto head = parse_http_head("GET " + target + " HTTP/1.1\r\n" + fields + "\r\n");
  EXPECT_TRUE(head);
  return head.value_or(HttpHead{});
}

UpdateEndpointRequest accepted(const std::string& target, const std::string& fields = basic("alice:key")) {
  const auto request = read_nic_update(head_of(target, fields), connection());
  EXPECT_TRUE(request) << request.error().text;
  return request.value_or(UpdateEndpointRequest{});
}

HttpAnswer refused(const std::string& target, const std::string& fields = basic("alice:key")) {
  const auto request = read_nic_update(head_of(target, fields), connection());
  EXPECT_FALSE(request);
  return request ? HttpAnswer{} : request.error();
}

TEST(NicUpdate, ARequestSaysWhoAsksForWhichAddress) {
  const UpdateEndpointRequest request = accepted("/nic/update?hostname=alice&myip=203.0.113.5&system=dyndns");

  EXPECT_EQ(request.login, "alice");
  EXPECT_EQ(request.key, "key");
  EXPECT_EQ(request.host, "alice");
  EXPECT_EQ(request.outer, (IPv4Address{{203, 0, 113, 5}}));
  EXPECT_EQ(request.peer, connection());
}

TEST(NicUpdate, WithoutAnAddressThePeersIsMeant) {
  EXPECT_EQ(accepted("/nic/update?hostname=alice").outer, kPeer);
  EXPECT_EQ(accepted("/nic/update?hostname=alice&myip=").outer, kPeer);
}

TEST(NicUpdate, OfAListOfAddressesTheFirstIPv4IsMeant) {
  EXPECT_EQ(accepted("/nic/update?hostname=alice&myip=2001:db8::1,203.0.113.5,203.0.113.6").outer,
            (IPv4Address{{203, 0, 113, 5}}));
}

TEST(NicUpdate, OfflineNamesNoAddress) {
  EXPECT_EQ(accepted("/nic/update?hostname=alice&offline=yes&myip=203.0.113.5").outer, std::nullopt);
  EXPECT_EQ(accepted("/nic/update?hostname=alice&offline=no").outer, kPeer);
}

TEST(NicUpdate, LoginsAndKeysMayHoldWhatBasicAuthenticationCanCarry) {
  const auto request = accepted("/nic/update?hostname=%C3%A9milie%40home", basic("\xC3\xA9milie@home:a:b"));

  EXPECT_EQ(request.login, "\xC3\xA9milie@home");
  EXPECT_EQ(request.host, request.login);
  EXPECT_EQ(request.key, "a:b");
}

TEST(NicUpdate, WithoutCredentialsItIsBadauth) {
  const std::string target = "/nic/update?hostname=alice";
  for (const std::string& fields :
       {std::string(), std::string("Authorization: Basic\r\n"), std::string("Authorization: Basic !!!\r\n"),
        std::string("Authorization: Bearer YTpi\r\n"), basic("alice"), basic(":key"), basic("alice:"),
        basic("a\nb:key"), basic("alice:" + std::string(300, 'k'))}) {
    EXPECT_EQ(refused(target, fields).status, 401) << fields;
    EXPECT_EQ(refused(target, fields).text, "badauth") << fields;
  }
}

TEST(NicUpdate, WithoutAHostnameItIsNotfqdn) {
  EXPECT_THAT(refused("/nic/update").text, StartsWith("notfqdn"));
  EXPECT_THAT(refused("/nic/update?hostname=").text, StartsWith("notfqdn"));
}

TEST(NicUpdate, AnAddressThatIsNoneIsDnserr) {
  for (const char* bad : {"1.2.3", "1.2.3.4.5", "2001:db8::1", "home.example", "%00", "1.2.3.4%20"}) {
    EXPECT_THAT(refused(std::string("/nic/update?hostname=alice&myip=") + bad).text, StartsWith("dnserr")) << bad;
  }
}

TEST(NicUpdate, OtherPlacesAndMethodsAreRefused) {
  EXPECT_EQ(refused("/").status, 404);
  EXPECT_EQ(refused("/nic/update/").status, 404);
  EXPECT_EQ(refused("/nic/update?hostname=a&hostname=b").status, 400);
  EXPECT_EQ(refused("/nic/update?hostname=%").status, 400);
  const auto post = parse_http_head("POST /nic/update?hostname=alice HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(post);
  EXPECT_EQ(read_nic_update(*post, connection()).error().status, 405);
}

TEST(NicUpdate, EachOutcomeHasItsWord) {
  const UpdateEndpointRequest request = accepted("/nic/update?hostname=alice&myip=203.0.113.5");

  EXPECT_EQ(answer_of(UpdateOutcome::Changed, request).text, "good 203.0.113.5");
  EXPECT_EQ(answer_of(UpdateOutcome::Changed, request, "the tunnel was at broker 1").text,
            "good 203.0.113.5\nthe tunnel was at broker 1");
  EXPECT_EQ(answer_of(UpdateOutcome::Unchanged, request).text, "nochg 203.0.113.5");
  EXPECT_EQ(answer_of(UpdateOutcome::BadKey, request).status, 401);
  EXPECT_THAT(answer_of(UpdateOutcome::NoHost, request).text, StartsWith("nohost"));
  EXPECT_THAT(answer_of(UpdateOutcome::BadAddress, request).text, StartsWith("dnserr"));
  EXPECT_THAT(answer_of(UpdateOutcome::Refused, request).text, StartsWith("dnserr"));
  EXPECT_EQ(answer_of(UpdateOutcome::Refused, request, "tspd is draining").text, "dnserr\ntspd is draining");
  EXPECT_THAT(answer_of(UpdateOutcome::Limited, request).text, StartsWith("abuse"));
  EXPECT_THAT(answer_of(UpdateOutcome::Unavailable, request).text, StartsWith("911"));
  EXPECT_EQ(answer_of(UpdateOutcome::Changed, accepted("/nic/update?hostname=alice&offline=yes")).text, "good");
}

// Routers search the whole answer for these.
TEST(NicUpdate, AnExplanationHoldsNoWordOfSuccess) {
  const UpdateEndpointRequest request = accepted("/nic/update?hostname=alice");
  for (const UpdateOutcome outcome : {UpdateOutcome::BadKey, UpdateOutcome::NoHost, UpdateOutcome::BadAddress,
                                      UpdateOutcome::Refused, UpdateOutcome::Limited, UpdateOutcome::Unavailable}) {
    EXPECT_THAT(answer_of(outcome, request).text, testing::Not(HasSubstr("good")));
    EXPECT_THAT(answer_of(outcome, request).text, testing::Not(HasSubstr("nochg")));
  }
}

}  // namespace nic_update_test
}  // namespace tsp::linux_
