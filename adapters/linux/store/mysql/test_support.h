// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/linux/store/mysql/mysql_store.h"
#include "adapters/linux/store/mysql/test_server.h"
#include "adapters/linux/store/test_records.h"
#include "adapters/port/store_harness.h"

namespace tsp::linux_::mysql {

using store::account;
using store::tunnel;

inline MysqlOptions options_for(const TestServer& server, std::string database, BrokerId broker = {1}) {
  MysqlOptions options;
  options.socket = server.socket();
  options.database = std::move(database);
  options.user = "root";
  options.realm = "broker.example";
  options.broker = broker;
  options.predecessor_patience = std::chrono::seconds(3);
  return options;
}

// One broker's store, and the orders of a test.
class TestStore {
 public:
  explicit TestStore(MysqlOptions options) : options_(std::move(options)) {}

  void open() {
    auto opened = MysqlStore::open(options_, [this](StoreDone done) { completions_.add(std::move(done)); });
    ASSERT_TRUE(opened) << opened.error();
    store_ = std::move(*opened);
  }
  std::string open_error() const {
    const auto opened = MysqlStore::open(options_, [](StoreDone) {});
    return opened ? "" : opened.error();
  }
  void close() { store_.reset(); }

  OpId submit_commit(std::vector<StoreChange> changes) {
    const OpId op = {++last_op_};
    store_->submit(CommitChanges{op, std::move(changes)});
    return op;
  }
  StoreDone wait(OpId op) { return completions_.take(op); }
  StoreDone commit(std::vector<StoreChange> changes) { return wait(submit_commit(std::move(changes))); }
  StoreDone probe() {
    const OpId op = {++last_op_};
    store_->submit(ProbeStore{op});
    return wait(op);
  }
  StoreDone find(const std::string& login) {
    const OpId op = {++last_op_};
    store_->submit(FindAccount{op, login});
    return wait(op);
  }
  StoreDone load(BrokerId broker = {1}) {
    const OpId op = {++last_op_};
    store_->submit(LoadStore{op, broker});
    return wait(op);
  }
  // Probes, as the core does, until the store is back; false: it is not back within 15 s.
  bool comes_back() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(15);
    while (std::chrono::steady_clock::now() < deadline) {
      if (probe().status == StoreStatus::Done) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return false;
  }

  MysqlOptions& options() { return options_; }
  MysqlStore& store() { return *store_; }
  port::Completions& completions() { return completions_; }

 private:
  MysqlOptions options_;
  port::Completions completions_;
  std::unique_ptr<MysqlStore> store_;
  std::uint64_t last_op_ = 0;
};

}  // namespace tsp::linux_::mysql
