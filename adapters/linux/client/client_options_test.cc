// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/client_options.h"

#include <gtest/gtest.h>

#include "adapters/linux/client/client_test_script.h"

namespace tsp::linux_ {
namespace client_options_test {

std::string error_of(const ClientOptions& options) {
  const auto valid = validate_host(options);
  return valid ? "" : valid.error();
}

TEST(ClientOptions, LargestMtuGoesByTheTypeOfTheTunnel) {
  ClientOptions options;
  options.host.mtu = 1480;
  options.negotiation.type = RequestedType::V6V4;
  EXPECT_EQ(error_of(options), "");
  options.negotiation.type = RequestedType::V6AnyV4;
  EXPECT_EQ(error_of(options), "the MTU must be 1280 to 1472 for this tunnel type");
  options.negotiation.type = RequestedType::V6UdpV4;
  EXPECT_NE(error_of(options), "");
  options.host.mtu = 1472;
  EXPECT_EQ(error_of(options), "");
  options.host.mtu = 1279;
  EXPECT_NE(error_of(options), "");
  options.negotiation.type = RequestedType::V4V6;
  EXPECT_EQ(error_of(options), "the MTU must be 1280 to 1460 for this tunnel type");
  options.host.mtu = 1460;
  EXPECT_EQ(error_of(options), "");
}

TEST(ClientOptions, HookMustBeAProgram) {
  const test::Scripts scripts;
  ClientOptions options;
  options.host.hook = scripts.make("");
  EXPECT_EQ(error_of(options), "");
  const std::string path = options.host.hook.program;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  EXPECT_EQ(error_of(options), "hook " + path + ": not executable");
  options.host.hook.program = scripts.folder();
  EXPECT_NE(error_of(options), "");
  options.host.hook.program = path + ".gone";
  EXPECT_EQ(error_of(options), "hook " + path + ".gone: there is no such file");
  options.host.hook.program = "hook";
  EXPECT_EQ(error_of(options), "hook hook: an absolute path is needed");
}

}  // namespace client_options_test
}  // namespace tsp::linux_
