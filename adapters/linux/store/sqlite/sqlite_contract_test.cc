// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "adapters/linux/store/sqlite/sqlite_store.h"
#include "adapters/linux/store/sqlite/test_support.h"
#include "adapters/port/store_contract/store_contract.h"

namespace tsp::linux_::sqlite {
namespace sqlite_contract_test {

class SqliteHarness final : public port::StoreHarness {
 public:
  SqliteHarness() { open(); }

  port::Store& store() override { return *store_; }
  port::Completions& completions() override { return completions_; }
  StoreDone wait(OpId op) override { return completions_.take(op); }
  void reopen() override {
    store_.reset();
    open();
  }
  // Whatever a dying process leaves behind is what is in the files now; the store does not get to close them.
  void crash() override {
    const std::string before = path();
    ++generation_;
    std::filesystem::copy_file(before, path());
    std::filesystem::copy_file(before + "-wal", path() + "-wal");
    store_.reset();
    open();
  }

 private:
  std::string path() const { return directory_.file("store-" + std::to_string(generation_) + ".db"); }
  void open() {
    SqliteOptions options;
    options.path = path();
    options.realm = "broker.example";
    store_ = SqliteStore::open(options, [this](StoreDone done) { completions_.add(std::move(done)); }).value();
  }

  TemporaryDirectory directory_;
  int generation_ = 0;
  port::Completions completions_;
  std::unique_ptr<SqliteStore> store_;
};

std::unique_ptr<port::StoreHarness> make_harness() {
  return std::make_unique<SqliteHarness>();
}

}  // namespace sqlite_contract_test
}  // namespace tsp::linux_::sqlite

namespace tsp::port {
INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(&linux_::sqlite::sqlite_contract_test::make_harness));
INSTANTIATE_TEST_SUITE_P(Sqlite, AccessContract, testing::Values(&linux_::sqlite::sqlite_contract_test::make_harness));
INSTANTIATE_TEST_SUITE_P(Sqlite, LookupsContract, testing::Values(&linux_::sqlite::sqlite_contract_test::make_harness));
}  // namespace tsp::port
