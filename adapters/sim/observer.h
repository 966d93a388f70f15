// SPDX-License-Identifier: Apache-2.0
//
// Who watches the simulated world: checkers, traces, captures. Observers see everything that crosses the broker's
// borders, in the order in which it happens, and change nothing.
#pragma once

#include <string_view>
#include <vector>

#include <tsp/broker.h>

namespace tsp::sim {

class Observer {
 public:
  Observer() = default;
  virtual ~Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;

  // The process begins with the store as it is, or dies without a word.
  virtual void on_start() {}
  virtual void on_crash() {}
  // Something befalls the world, from the outside.
  virtual void on_misfortune(unsigned /*number*/, std::string_view /*name*/) {}
  // A datagram reaches the broker's port; whoever handles it has not seen it yet.
  virtual void on_arrival(const FourTuple&, ByteView) {}
  // A datagram leaves the broker's port: an answer, or an inner packet.
  virtual void on_departure(const FourTuple&, ByteView) {}
  // The datapath hands the host behind it an inner packet that came over this path, or (none) one of its own errors.
  virtual void on_inner_to_host(const FourTuple*, ByteView) {}
  // Before the broker is told; after what it orders was polled, before it is executed.
  virtual void on_fact(const Fact&) {}
  virtual void on_order(const Order&) {}
  // The store was changed: committed, whether or not the broker will hear of it.
  virtual void on_commit(const std::vector<StoreChange>&) {}
  // The datapath was changed by an order of the broker.
  virtual void on_datapath(const DatapathOrder&, DatapathStatus) {}
  // Everything of one moment has been done. `sweep` comes every so often and may look at everything.
  virtual void after_step() {}
  virtual void sweep() {}
};

}  // namespace tsp::sim
