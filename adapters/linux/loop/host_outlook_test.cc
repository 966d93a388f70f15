// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/host_outlook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tsp::linux_ {
namespace host_outlook_test {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::expected<void, std::string> no_module() {
  return std::unexpected("the module utun is not installed");
}

DaemonConfig usual() {
  DaemonConfig config;
  config.broker.types = {TunnelType::V6UdpV4};
  return config;
}

TEST(HostOutlook, FilesThatCannotBeReadAreNamedWithTheirKeys) {
  DaemonConfig config = usual();
  config.update.listen = {make_endpoint(IPv4Address{}, 443)};
  config.update.certificate = "/nowhere/cert.pem";
  config.update.private_key = "/";
  config.store.type = StoreType::Mysql;
  config.store.mysql.host = "db.example.net";
  config.store.mysql.password_file = "/nowhere/password";
  config.store.mysql.ca_file = "/dev/null";

  const auto lines = host_outlook(config, no_module);

  EXPECT_THAT(lines, Contains("update.certificate: /nowhere/cert.pem cannot be read: No such file or directory"));
  EXPECT_THAT(lines, Contains("update.private_key: / is not a regular file"));
  EXPECT_THAT(lines, Contains(HasSubstr("store.mysql.password_file: /nowhere/password")));
  EXPECT_THAT(lines, Contains("store.mysql.ca_file: /dev/null is not a regular file"));
}

// The start refuses them.
TEST(HostOutlook, SecretsThatOthersCanReadAreNamedWithWhatToDo) {
  const std::string path = testing::TempDir() + "host_outlook_secret";
  std::ofstream(path) << "secret\n";
  DaemonConfig config = usual();
  config.dns.server = make_endpoint({{192, 0, 2, 53}}, 53);
  config.dns.key_file = path;
  config.store.key_file = path;
  config.store.type = StoreType::Mysql;
  config.store.mysql.password_file = path;
  const std::string fault = path + " is open to others: chmod 600 " + path;

  std::filesystem::permissions(path, std::filesystem::perms(0640));
  const auto open = host_outlook(config, no_module);
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  const auto closed = host_outlook(config, no_module);
  std::filesystem::remove(path);

  for (const char* key : {"dns.key_file", "store.key_file", "store.mysql.password_file"}) {
    EXPECT_THAT(open, Contains(key + (": " + fault)));
  }
  EXPECT_THAT(closed, Not(Contains(HasSubstr(path))));
}

TEST(HostOutlook, FilesOfWhatIsOffAreNotLookedAt) {
  DaemonConfig config = usual();
  config.update.certificate = "/nowhere/cert.pem";
  config.store.mysql.password_file = "/nowhere/password";

  EXPECT_THAT(host_outlook(config, no_module), Not(Contains(HasSubstr("/nowhere"))));
}

TEST(HostOutlook, AModuleThatIsDemandedAndNotThereIsNamed) {
  DaemonConfig config = usual();
  config.datapath.type = DatapathType::Utun;
  EXPECT_THAT(host_outlook(config, no_module), Contains("datapath.type: the module utun is not installed"));

  config.datapath.type = DatapathType::Auto;
  EXPECT_THAT(host_outlook(config, no_module), Not(Contains(StartsWith("datapath.type"))));
}

}  // namespace host_outlook_test
}  // namespace tsp::linux_
