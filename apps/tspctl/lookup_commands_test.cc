// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/lookup_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apps/tspctl/tspd_test_double.h"

namespace tsp::tspctl {
namespace lookup_commands_test {

using testing::ElementsAre;

class LookupCommandsTest : public TspdTestDouble {
 protected:
  [[nodiscard]] LookupCommands commands() const { return {*client_, false}; }
};

TEST_F(LookupCommandsTest, WhoHadAnAddressIsAskedForAndShown) {
  serve({{200, R"({"history":[{"id":17,"login":"al\nice","broker_id":1,"type":"v6udpv4","remote":"192.0.2.7:4096",)"
               R"("local":"192.0.2.1:3653","inner":"2001:db8::5","delegated":null,"created":"A","ended":null,)"
               R"("reason":null},{"id":16,"login":null,"broker_id":2,"type":"v6v4","remote":"192.0.2.8:0",)"
               R"("local":"192.0.2.1:0","inner":"2001:db8::5","delegated":"2001:db8:1::/56","created":"B",)"
               R"("ended":"C","reason":"idle"}],"next":null})"}});
  EXPECT_EQ(commands().history({.address = "2001:db8::5", .login = "a&b", .at = "2026-02-03T04:05:06Z"}),
            "FROM  TO  LOGIN        INNER        DELEGATED        REMOTE          BROKER  TUNNEL  ENDED BY\n"
            "A     -   al\\nice      2001:db8::5  -                192.0.2.7:4096  1       17      -\n"
            "B     C   (anonymous)  2001:db8::5  2001:db8:1::/56  192.0.2.8:0     2       16      idle\n");
  EXPECT_THAT(requests_, ElementsAre("GET /api/v1/history?limit=50&address=2001%3Adb8%3A%3A5&login=a%26b"
                                     "&at=2026-02-03T04%3A05%3A06Z "));
}

TEST_F(LookupCommandsTest, LeasesAreReadPageByPage) {
  serve({{200, R"({"leases":[{"prefix":"2001:db8::5/128","login":"alice","state":"held","until":null,)"
               R"("broker_id":1}],"next":"2001:db8::5/128"})"},
         {200, R"({"leases":[{"prefix":"2001:db8::7/128","login":null,"state":"quarantined","until":"T",)"
               R"("broker_id":1}],"next":null})"}});
  EXPECT_EQ(commands().leases({}),
            "PREFIX           LOGIN  STATE        UNTIL  BROKER\n"
            "2001:db8::5/128  alice  held         -      1\n"
            "2001:db8::7/128  -      quarantined  T      1\n");
  EXPECT_THAT(requests_, ElementsAre("GET /api/v1/leases?limit=1000 ",
                                     "GET /api/v1/leases?limit=1000&after=2001%3Adb8%3A%3A5%2F128 "));
}

TEST_F(LookupCommandsTest, AChosenPrefixIsReserved) {
  serve({{201, "{}"}, {409, R"({"error":{"field":"prefix","message":"it is not free"}})"}});
  EXPECT_EQ(commands().reserve("alice", "2001:db8:1::/56"), "");
  const Output refused = commands().reserve("alice", "2001:db8:1::/56");
  EXPECT_EQ(refused.error().code, ExitCode::Exists);
  EXPECT_EQ(refused.error().message, "prefix: it is not free");
  EXPECT_EQ(requests_[0], R"(POST /api/v1/leases {"login":"alice","prefix":"2001:db8:1::/56"})");
}

TEST_F(LookupCommandsTest, WhatBecomesOfAReleasedLeaseIsTold) {
  serve(
      {{200, R"({"lease":{"prefix":"2001:db8:1::/56","login":null,"state":"quarantined","until":"T","broker_id":1}})"},
       {200, R"({"lease":null})"},
       {404, R"({"error":{"field":"prefix","message":"it is nobody's"}})"}});
  EXPECT_EQ(commands().release("2001:db8:1::/56"), "in quarantine until T; released once more it is free at once\n");
  EXPECT_EQ(commands().release("2001:db8:1::/56"), "it is free\n");
  EXPECT_EQ(commands().release("2001:db8:1::/56").error().code, ExitCode::NotFound);
  EXPECT_EQ(requests_[0], "DELETE /api/v1/leases/2001%3Adb8%3A1%3A%3A%2F56 ");
}

TEST_F(LookupCommandsTest, PoolsAreShownWithWhatIsLeft) {
  serve({{200, R"({"pools":[{"family":"ipv6","prefix":"2001:db8::/48","server_address":"2001:db8::1",)"
               R"("hosts":"2001:db8::/64","anonymous":null,"delegations":["2001:db8:0:1000::/52"],"claims":3,)"
               R"("quarantined":1,"hosts_available":9007199254740991,"anonymous_available":0,)"
               R"("prefixes":[{"length":56,"available":15,"next":"2001:db8:0:1000::/56"},)"
               R"({"length":60,"available":0,"next":null}]}]})"}});
  EXPECT_EQ(commands().pools().value_or(""),
            "pool            2001:db8::/48\n"
            "server address  2001:db8::1\n"
            "accounts        2001:db8::/64, more than 9007199254740990 addresses left\n"
            "anonymous       -, 0 addresses left\n"
            "prefixes from   2001:db8:0:1000::/52\n"
            "leases          3, 1 in quarantine\n"
            "/56             15 left, next 2001:db8:0:1000::/56\n"
            "/60             0 left\n");
}

}  // namespace lookup_commands_test
}  // namespace tsp::tspctl
