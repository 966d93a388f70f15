// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <thread>
#include <utility>
#include <variant>

#include <tsp/store.h>

#include "adapters/linux/store/bounded_queue.h"
#include "adapters/linux/store/orders.h"
#include "adapters/port/store.h"

namespace tsp::linux_::store {

// A thread for commits, and one for reads, which never wait for a commit. Each is called `idle()` after its work, and
// from time to time while it has none.
template <class Writer, class Reader>
class WorkerThreads {
 public:
  static constexpr std::chrono::seconds kIdleInterval{3};

  WorkerThreads(Writer& writer, Reader& reader, std::size_t queue_limit, port::Store::Sink sink)
      : sink_(std::move(sink)),
        writer_(writer),
        reader_(reader),
        writes_(queue_limit),
        reads_(queue_limit),
        writing_([this] { write(); }),
        reading_([this] { read(); }) {}
  // Carries out and reports everything submitted.
  ~WorkerThreads() {
    writes_.close();
    reads_.close();
  }
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  void submit(StoreOrder order) {
    std::visit([this](auto&& o) { this->push(std::forward<decltype(o)>(o)); }, std::move(order));
  }

 private:
  void push(LoadStore order) { reads_.push(order); }
  void push(FindAccount order) { reads_.push(std::move(order)); }
  void push(ListAccounts order) { reads_.push(std::move(order)); }
  void push(FindEvicted order) { reads_.push(order); }
  void push(FindTunnels order) { reads_.push(order); }
  void push(FindApiToken order) { reads_.push(order); }
  void push(ListApiTokens order) { reads_.push(std::move(order)); }
  void push(FindConsoleLogin order) { reads_.push(std::move(order)); }
  void push(ListConsoleLogins order) { reads_.push(std::move(order)); }
  void push(ReadAudit order) { reads_.push(order); }
  void push(ReadHistory order) { reads_.push(std::move(order)); }
  void push(ListLeases order) { reads_.push(order); }
  void push(CommitChanges order) { writes_.push(std::move(order)); }
  void push(ProbeStore order) { writes_.push(order); }

  void write() {
    while (const auto batch = writes_.take_all(kIdleInterval)) {
      refuse(batch->refused);
      if (!batch->orders.empty()) {
        for (StoreDone& done : writer_.execute(batch->orders)) sink_(std::move(done));
      }
      writer_.idle();
    }
  }
  void read() {
    while (const auto batch = reads_.take_all(kIdleInterval)) {
      refuse(batch->refused);
      for (const ReadOrder& order : batch->orders) sink_(reader_.execute(order));
      reader_.idle();
    }
  }
  void refuse(const std::vector<OpId>& ops) {
    for (const OpId op : ops) {
      StoreDone done;
      done.op = op;
      done.status = StoreStatus::Unavailable;
      done.detail = "too many orders wait for the database";
      sink_(std::move(done));
    }
  }

  port::Store::Sink sink_;
  Writer& writer_;
  Reader& reader_;
  BoundedQueue<WriteOrder> writes_;
  BoundedQueue<ReadOrder> reads_;
  std::jthread writing_;  // the threads last: they use everything above
  std::jthread reading_;
};

}  // namespace tsp::linux_::store
