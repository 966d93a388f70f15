// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/contract_harness.h"
#include "adapters/linux/datapath/tun/tun_datapath.h"
#include "adapters/port/datapath_contract/datapath_contract.h"

namespace tsp::port {
namespace tun_contract_test {

struct Variant {
  unsigned workers = 1;
  bool offloads = true;
  TunnelType type = TunnelType::V6UdpV4;
};

std::unique_ptr<DatapathHarness> make(const Variant& variant) {
  const auto open = [variant](const KernelHarness::Setting& setting, asio::io_context& io, Datapath::Sink sink,
                              linux_::HostDatapath::SignallingSink signalling) {
    return linux_::TunDatapath::open({.device = "tsp0",
                                      .listen = setting.listen,
                                      .workers = variant.workers,
                                      .device_mtu = 1472,
                                      .pool = setting.pool.prefix,
                                      .server_address = setting.pool.server_address,
                                      .ipv4_pool = setting.ipv4_pool,
                                      .offloads = variant.offloads},
                                     io, std::move(sink), std::move(signalling));
  };
  return std::make_unique<KernelHarness>(variant.type, open);
}

std::unique_ptr<DatapathHarness> make_plain() {
  return make(Variant{.workers = 1, .offloads = false});
}
std::unique_ptr<DatapathHarness> make_offloading() {
  return make(Variant{});
}
std::unique_ptr<DatapathHarness> make_two_workers() {
  return make(Variant{.workers = 2, .offloads = true});
}

std::unique_ptr<DatapathHarness> make_plain_ipv4() {
  return make(Variant{.workers = 1, .offloads = false, .type = TunnelType::V4V6});
}
std::unique_ptr<DatapathHarness> make_ipv4() {
  return make(Variant{.workers = 2, .offloads = true, .type = TunnelType::V4V6});
}

std::vector<MakeDatapathHarness> harnesses_for(MakeDatapathHarness make) {
  return geteuid() == 0 ? std::vector{make} : std::vector<MakeDatapathHarness>{};
}

TEST(TunContract, CanBeTestedHere) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to make a network namespace; the contract was not tested";
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DatapathContract);
INSTANTIATE_TEST_SUITE_P(TunPlain, DatapathContract, testing::ValuesIn(harnesses_for(&make_plain)));
INSTANTIATE_TEST_SUITE_P(Tun, DatapathContract, testing::ValuesIn(harnesses_for(&make_offloading)));
INSTANTIATE_TEST_SUITE_P(TunTwoWorkers, DatapathContract, testing::ValuesIn(harnesses_for(&make_two_workers)));
INSTANTIATE_TEST_SUITE_P(TunPlainIPv4, DatapathContract, testing::ValuesIn(harnesses_for(&make_plain_ipv4)));
INSTANTIATE_TEST_SUITE_P(TunIPv4, DatapathContract, testing::ValuesIn(harnesses_for(&make_ipv4)));
INSTANTIATE_TEST_SUITE_P(TunPlainIPv4, IPv4DatapathContract, testing::ValuesIn(harnesses_for(&make_plain_ipv4)));
INSTANTIATE_TEST_SUITE_P(TunIPv4, IPv4DatapathContract, testing::ValuesIn(harnesses_for(&make_ipv4)));

}  // namespace tun_contract_test
}  // namespace tsp::port
