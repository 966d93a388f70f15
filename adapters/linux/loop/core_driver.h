// SPDX-License-Identifier: Apache-2.0
//
// Runs the core on the main thread: gives it facts and the time, hands on its orders in their order, wakes it at its
// deadlines.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include <asio/io_context.hpp>

#include <tsp/broker.h>

#include "adapters/linux/loop/time_source.h"

namespace tsp::linux_ {

class CoreDriver {
 public:
  using Execute = std::function<void(Order)>;

  // `execute` must not call handle().
  CoreDriver(asio::io_context& io, TimeSource& time, std::shared_ptr<const BrokerConfig> config, const Seed& seed,
             Execute execute);

  // Carries out what the core orders before any fact.
  void start() { carry_out(); }
  void handle(const Fact& fact);
  [[nodiscard]] StatusView status() const { return broker_.status(); }

 private:
  void carry_out();
  void arm();

  asio::io_context& io_;
  TimeSource& time_;
  Execute execute_;
  Broker broker_;
  std::optional<Instant> armed_;
  bool executing_ = false;
  bool continuing_ = false;
};

}  // namespace tsp::linux_
