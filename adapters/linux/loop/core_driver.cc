// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/core_driver.h"

#include <asio/post.hpp>
#include <utility>

#include "core/base/assert.h"

namespace tsp::linux_ {
namespace {

// So that a fact with many consequences (a store with 100,000 tunnels is loaded) does not keep sockets and timers
// waiting.
constexpr int kOrdersPerTurn = 512;

}  // namespace

CoreDriver::CoreDriver(asio::io_context& io, TimeSource& time, std::shared_ptr<const BrokerConfig> config,
                       const Seed& seed, Execute execute)
    : io_(io), time_(time), execute_(std::move(execute)), broker_(std::move(config), seed, time.now()) {}

void CoreDriver::handle(const Fact& fact) {
  TSP_ASSERT(!executing_);
  broker_.handle(time_.now(), fact);
  carry_out();
}

void CoreDriver::carry_out() {
  executing_ = true;
  int left = kOrdersPerTurn;
  for (; left > 0; --left) {
    auto order = broker_.poll();
    if (!order) break;
    execute_(std::move(*order));
  }
  executing_ = false;
  if (left == 0 && !continuing_) {
    continuing_ = true;
    asio::post(io_, [this] {
      continuing_ = false;
      carry_out();
    });
  }
  arm();
}

void CoreDriver::arm() {
  const auto deadline = broker_.next_deadline();
  // A timer that is set too early only asks the core once for nothing, and is cheaper than one set again for each
  // fact.
  if (!deadline || (armed_ && *armed_ <= *deadline)) return;
  armed_ = deadline;
  time_.wake_at(*deadline, [this] {
    armed_.reset();
    broker_.advance(time_.now());
    carry_out();
  });
}

}  // namespace tsp::linux_
