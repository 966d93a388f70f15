// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/settings.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace tsp::linux_::ddtb {
namespace settings_test {

using testing::ElementsAre;
using testing::HasSubstr;

class SettingsTest : public testing::Test {
 protected:
  ~SettingsTest() override { std::filesystem::remove(path_); }
  auto load(const std::string& text) const {
    std::ofstream(path_) << text;
    return load_settings(path_);
  }
  std::vector<std::string> errors(const std::string& text) const {
    const auto settings = load(text);
    return settings ? std::vector<std::string>() : settings.error();
  }

  const std::string path_ =
      std::filesystem::temp_directory_path() / ("ddtb-settings-" + std::to_string(::getpid()) + ".toml");
};

TEST_F(SettingsTest, TheServerIsDescribedAsInTspdsConfiguration) {
  const auto settings = load(
      "host = \"192.0.2.7\"\nport = 3307\ndatabase = \"old\"\nuser = \"root\"\npassword_file = \"/etc/tspd/p\"\n"
      "tls = false\ntimeout_seconds = 9\ndb_key_file = \"/etc/tspd/k\"\n");

  ASSERT_TRUE(settings) << settings.error()[0];
  EXPECT_EQ(settings->server.host, "192.0.2.7");
  EXPECT_EQ(settings->server.port, 3307);
  EXPECT_EQ(settings->server.database, "old");
  EXPECT_EQ(settings->server.user, "root");
  EXPECT_EQ(settings->server.password_file, "/etc/tspd/p");
  EXPECT_FALSE(settings->server.tls);
  EXPECT_EQ(settings->server.timeout, std::chrono::seconds(9));
  EXPECT_EQ(settings->db_key_file, "/etc/tspd/k");
}

TEST_F(SettingsTest, TheDatabaseHasTheNameThatDdtbGivesIt) {
  const auto settings = load("socket = \"/run/mysqld/mysqld.sock\"\n");

  ASSERT_TRUE(settings) << settings.error()[0];
  EXPECT_EQ(settings->server.database, "DDTB");
  EXPECT_EQ(settings->server.socket, "/run/mysqld/mysqld.sock");
  EXPECT_TRUE(settings->server.tls);
  EXPECT_EQ(settings->db_key_file, "");
}

TEST_F(SettingsTest, MistakesAreNamedWithTheirLines) {
  EXPECT_THAT(
      errors("host = \"a\"\nport = 0\npasword = \"x\"\n"),
      ElementsAre(HasSubstr(".toml:2: port: expected"), HasSubstr(".toml:3: pasword: unknown key; expected host")));
  EXPECT_THAT(errors("database = \"old\"\n"), ElementsAre(HasSubstr("`host` or `socket`")));
  EXPECT_THAT(errors("host = \"a\"\nsocket = \"/b\"\n"), ElementsAre(HasSubstr("and not both")));
  EXPECT_THAT(errors("host = \"a\"\ndb_key_file = \"k\"\n"),
              ElementsAre(HasSubstr("db_key_file: expected an absolute path")));
  EXPECT_THAT(errors("host = \"a\"\n[mysql]\nuser = \"b\"\n").at(0),
              HasSubstr(".toml:2: mysql: there are no sections"));
  EXPECT_THAT(errors("host = \n"), ElementsAre(HasSubstr(".toml:1: ")));
}

TEST_F(SettingsTest, AFileThatIsNotThereIsNamed) {
  EXPECT_THAT(load_settings("/nonexistent/ddtb.toml").error().at(0),
              HasSubstr("/nonexistent/ddtb.toml: cannot be read"));
}

}  // namespace settings_test
}  // namespace tsp::linux_::ddtb
