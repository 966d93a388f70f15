// SPDX-License-Identifier: Apache-2.0
//
// What a store must be. The orders and their meaning are in core/include/tsp/store.h; every implementation passes
// the suite in store_contract/.
//
//  - Each order gets exactly one StoreDone, through the sink given at construction, never from inside submit().
//    The sink may be called from any thread.
//  - Commits become durable in the order of their submission. A FindAccount submitted after a CommitChanges was
//    reported Done sees it. Reads never wait for a commit in progress.
//  - Done means durable: on the disk, not in a buffer.
#pragma once

#include <functional>

#include <tsp/store.h>

namespace tsp::port {

class Store {
 public:
  using Sink = std::function<void(StoreDone)>;

  virtual ~Store() = default;
  virtual void submit(StoreOrder order) = 0;
};

}  // namespace tsp::port
