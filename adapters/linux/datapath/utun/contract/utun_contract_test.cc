// SPDX-License-Identifier: Apache-2.0
//
// A program of its own: it needs a kernel that has the module.
#include "adapters/linux/datapath/contract_harness.h"
#include "adapters/linux/datapath/utun/support.h"
#include "adapters/linux/datapath/utun/utun_datapath.h"
#include "adapters/port/datapath_contract/datapath_contract.h"

namespace tsp::port {
namespace utun_contract_test {

std::unique_ptr<DatapathHarness> make_utun() {
  const auto open = [](const KernelHarness::Setting& setting, asio::io_context& io, Datapath::Sink sink,
                       linux_::HostDatapath::SignallingSink signalling) {
    return linux_::UtunDatapath::open({.device = "tsp0",
                                       .listen = setting.listen,
                                       .device_mtu = 1472,
                                       .pool = setting.pool.prefix,
                                       .server_address = setting.pool.server_address},
                                      io, std::move(sink), std::move(signalling));
  };
  return std::make_unique<KernelHarness>(TunnelType::V6UdpV4, open);
}

std::string obstacle() {
  if (geteuid() != 0) return "needs root, to make a network namespace";
  const auto module = linux_::utun::find_module();
  return module ? "" : module.error();
}

std::vector<MakeDatapathHarness> harnesses() {
  return obstacle().empty() ? std::vector<MakeDatapathHarness>{&make_utun} : std::vector<MakeDatapathHarness>{};
}

TEST(UtunContract, CanBeTestedHere) {
  if (const std::string why = obstacle(); !why.empty()) GTEST_SKIP() << why << "; the contract was not tested";
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DatapathContract);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(IPv4DatapathContract);
INSTANTIATE_TEST_SUITE_P(Utun, DatapathContract, testing::ValuesIn(harnesses()));

}  // namespace utun_contract_test
}  // namespace tsp::port
