// SPDX-License-Identifier: Apache-2.0
//
// What tspd stands on when it is tested without a host: a store in memory, a simulated datapath, a clock that moves
// when it is told to. Its sockets are real ones.
#pragma once

#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include "adapters/linux/loop/daemon_parts.h"
#include "adapters/linux/net/outer_socket.h"
#include "adapters/linux/net/receive_batch.h"
#include "adapters/sim/clocks.h"
#include "adapters/sim/datapath.h"
#include "adapters/sim/store.h"
#include "adapters/sim/store_contents.h"

namespace tsp::tspd_sim {

// Everything on the loop's thread, but what says otherwise.
class SimulatedHost : public std::enable_shared_from_this<SimulatedHost> {
 public:
  explicit SimulatedHost(asio::io_context& io) : io_(io) {}

  // Once. The parts keep the host alive.
  [[nodiscard]] std::expected<linux_::DaemonParts, linux_::StartError> open(const linux_::DaemonConfig& config,
                                                                            const linux_::DaemonSinks& sinks,
                                                                            linux_::InheritedDescriptors& inherited);

  // Time passes. `then` is called when all that was due until then has happened, and what it led to.
  void advance(Duration time, std::function<void()> then);
  void step_wall(Duration by);
  [[nodiscard]] sim::SimStore& store() { return *store_; }
  [[nodiscard]] sim::SimDatapath& datapath() { return *datapath_; }

  // For the parts.
  [[nodiscard]] Now now() const;  // from any thread
  void wake_at(Instant at, std::function<void()> wake);
  void submit(StoreOrder order);
  void submit(DatapathOrder order);

 private:
  struct Wake {
    Instant at;
    std::function<void()> call;
  };
  struct Listener {
    linux_::OuterSocket socket;
    asio::posix::stream_descriptor readable;
  };

  void go_on();
  void take_turn();
  [[nodiscard]] bool do_one_thing();
  [[nodiscard]] bool wake_if_due();
  void open_datapath(const linux_::DaemonConfig& config, const linux_::DaemonSinks& sinks);
  [[nodiscard]] std::optional<linux_::StartError> open_sockets(const std::vector<Endpoint>& listen);
  void await_datagrams(Listener& listener);
  void send(const FourTuple& path, ByteView payload);

  asio::io_context& io_;
  mutable std::mutex clocks_mutex_;
  sim::Clocks clocks_;
  std::optional<Wake> wake_;
  Instant target_;                   // time passes until then
  std::function<void()> on_target_;  // empty: nobody waits
  bool taking_turns_ = false;
  int idle_turns_ = 0;

  std::string realm_;
  sim::StoreContents contents_;
  std::optional<sim::SimStore> store_;
  std::optional<sim::SimDatapath> datapath_;
  std::deque<Listener> listeners_;
  linux_::ReceiveBatch batch_;
};

}  // namespace tsp::tspd_sim
