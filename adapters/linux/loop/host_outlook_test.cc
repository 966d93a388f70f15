// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/host_outlook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
