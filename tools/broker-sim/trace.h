// SPDX-License-Identifier: Apache-2.0
//
// A line for everything that crosses the broker's borders:
//   seconds  step  direction  what
// with < for what comes to it, > for what it sends or orders, = for what the store and the datapath became, ! for what
// befalls the world or the process itself.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "adapters/sim/observer.h"
#include "adapters/sim/world.h"

namespace tsp::broker_sim {

class Trace final : public sim::Observer {
 public:
  Trace(const sim::World& world, std::ostream& out) : world_(world), out_(out) {}

  void on_misfortune(unsigned number, std::string_view name) override {
    line('!', "misfortune " + std::to_string(number) + ": " + std::string(name));
  }
  void on_start() override { line('!', "start"); }
  void on_crash() override { line('!', "the process is gone"); }
  void on_arrival(const FourTuple& path, ByteView payload) override;
  void on_departure(const FourTuple& path, ByteView payload) override;
  void on_fact(const Fact& fact) override;
  void on_order(const Order& order) override;
  void on_commit(const std::vector<StoreChange>& changes) override;
  void on_datapath(const DatapathOrder& order, DatapathStatus status) override;

 private:
  void line(char direction, const std::string& what);

  const sim::World& world_;
  std::ostream& out_;
};

}  // namespace tsp::broker_sim
