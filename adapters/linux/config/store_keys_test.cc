// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/store_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/linux/config/describe.h"
#include "adapters/linux/config/load.h"

namespace tsp::linux_ {
namespace store_keys_test {

using testing::HasSubstr;

const std::string kStart = "prefix = \"2001:db8::/48\"\n[server]\nrealm = \"tunnels.example\"\n[store]\n";

std::string error_of(const std::string& text) {
  const auto config = parse_config(text, {});
  return config ? "" : to_text("f", config.error().front());
}

DaemonConfig config_of(const std::string& text) {
  const auto config = parse_config(text, {});
  EXPECT_TRUE(config) << error_of(text);
  return config.value_or(DaemonConfig());
}

TEST(StoreKeys, AServerIsDescribedInASectionOfItsOwn) {
  const DaemonConfig config = config_of(kStart +
                                        "type = \"mysql\"\n[store.mysql]\nhost = \"2001:db8::53\"\nport = 3307\n"
                                        "database = \"tunnels\"\nuser = \"broker\"\ntls = false\n");

  EXPECT_EQ(config.store.type, StoreType::Mysql);
  EXPECT_EQ(config.store.mysql.host, "2001:db8::53");
  EXPECT_EQ(config.store.mysql.port, 3307);
  EXPECT_EQ(config.store.mysql.database, "tunnels");
  EXPECT_EQ(config.store.mysql.user, "broker");
  EXPECT_FALSE(config.store.mysql.tls);
}

TEST(StoreKeys, AServerIsSharedUnlessItIsSaidThatItIsNot) {
  const std::string mysql = "type = \"mysql\"\n%[store.mysql]\nhost = \"db\"\n";
  const auto interval_of = [&](const std::string& key) {
    std::string text = mysql;
    return config_of(kStart + text.replace(text.find('%'), 1, key)).broker.takeover_check_interval;
  };
  EXPECT_EQ(interval_of(""), std::chrono::seconds(2));
  EXPECT_EQ(interval_of("takeover_check_seconds = 0\n"), std::chrono::seconds(0));
  EXPECT_EQ(config_of(kStart).broker.takeover_check_interval, std::chrono::seconds(0)) << "a file is not shared";
}

TEST(StoreKeys, AServerMustBeNamed) {
  EXPECT_EQ(error_of(kStart + "type = \"mysql\"\n"),
            "f: store.mysql.host: must be set, or store.mysql.socket: store.type is \"mysql\"");
  EXPECT_EQ(error_of(kStart + "type = \"mysql\"\n[store.mysql]\nsocket = \"/run/mysqld/mysqld.sock\"\n"), "");
}

TEST(StoreKeys, AServerIsInOnePlace) {
  EXPECT_EQ(error_of(kStart + "type = \"mysql\"\n[store.mysql]\nhost = \"db\"\nsocket = \"/s\"\n"),
            "f:8: store.mysql.socket: expected either this or store.mysql.host: there is one server");
}

TEST(StoreKeys, AHostIsNoPathAndHasNoPort) {
  for (const char* host : {"/run/mysqld/mysqld.sock", "db:3306", "[2001:db8::1]", "a b", ""}) {
    EXPECT_THAT(error_of(kStart + "[store.mysql]\nhost = \"" + host + "\"\n"),
                HasSubstr("f:6: store.mysql.host: expected a host name or an address, without a port"))
        << host;
  }
}

TEST(StoreKeys, BrokersOnOneServerNeedARealm) {
  EXPECT_THAT(error_of("prefix = \"2001:db8::/48\"\n[store]\ntype = \"mysql\"\nmysql.host = \"db\"\n"),
              HasSubstr("server.realm: must be set"));
}

TEST(StoreKeys, UnknownKeysOfTheServerAreNamedWithTheKnownOnes) {
  const std::string error = error_of(kStart + "[store.mysql]\npassword = \"secret\"\n");

  EXPECT_THAT(error, HasSubstr("f:6: store.mysql.password: unknown key"));
  EXPECT_THAT(error, HasSubstr("password_file"));
  EXPECT_THAT(error, testing::Not(HasSubstr("secret")));
}

TEST(StoreKeys, WhatIsNotUsedAndWhatIsNotSafeIsWarnedOf) {
  const std::string server = "[store.mysql]\nhost = \"db.example.net\"\ntls = false\n";
  EXPECT_THAT(config_warnings(config_of(kStart + server)), testing::Contains(HasSubstr("store.mysql: is not used")));
  EXPECT_THAT(config_warnings(config_of(kStart + "type = \"mysql\"\n" + server)),
              testing::Contains(HasSubstr("store.mysql.tls: without it")));
  const std::string here = "[store.mysql]\nhost = \"127.0.0.1\"\ntls = false\n";
  EXPECT_TRUE(store_warnings(config_of(kStart + "type = \"mysql\"\n" + here)).empty());
}

TEST(StoreKeys, TheFileOfKeysIsBesideTheDatabase) {
  EXPECT_EQ(key_file_of(config_of(kStart + "path = \"/a/b.db\"\n")), "/a/b.db.keys");
  EXPECT_EQ(key_file_of(config_of(kStart + "path = \"/a/b.db\"\nkey_file = \"/c/keys\"\n")), "/c/keys");
  EXPECT_EQ(key_file_of(config_of(kStart + "type = \"mysql\"\n[store.mysql]\nhost = \"db\"\n")),
            "/var/lib/tspd/tspd.keys");
}

}  // namespace store_keys_test
}  // namespace tsp::linux_
