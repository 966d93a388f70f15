// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/test_support.h"
#include "adapters/port/store_contract/store_contract.h"

namespace tsp::linux_::mysql {
namespace mysql_contract_test {

class MysqlHarness final : public port::StoreHarness {
 public:
  MysqlHarness() { store_.open(); }

  port::Store& store() override { return store_.store(); }
  port::Completions& completions() override { return store_.completions(); }
  StoreDone wait(OpId op) override { return store_.wait(op); }
  void reopen() override {
    store_.close();
    store_.open();
  }
  // The server as well as the broker: what is not on the disk is gone.
  void crash() override {
    TestServer::shared().kill();
    store_.close();
    TestServer::shared().start();
    store_.open();
  }

 private:
  TestStore store_{options_for(TestServer::shared(), TestServer::shared().make_database())};
};

std::unique_ptr<port::StoreHarness> make_harness() {
  return std::make_unique<MysqlHarness>();
}

}  // namespace mysql_contract_test
}  // namespace tsp::linux_::mysql

namespace tsp::port {
INSTANTIATE_TEST_SUITE_P(Mysql, StoreContract, testing::Values(&linux_::mysql::mysql_contract_test::make_harness));
INSTANTIATE_TEST_SUITE_P(Mysql, AccessContract, testing::Values(&linux_::mysql::mysql_contract_test::make_harness));
INSTANTIATE_TEST_SUITE_P(Mysql, LookupsContract, testing::Values(&linux_::mysql::mysql_contract_test::make_harness));
}  // namespace tsp::port
