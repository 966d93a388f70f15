// SPDX-License-Identifier: Apache-2.0
//
// A whole world from one seed: a broker with its store and datapath, clients behind NATs, unreliable links, clocks,
// crashes. Everything that must always hold is checked after each step.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tsp/broker.h>

#include "adapters/sim/datapath.h"
#include "adapters/sim/gogoc_client.h"
#include "adapters/sim/network.h"
#include "adapters/sim/store.h"
#include "adapters/sim/store_contents.h"
#include "core/base/random.h"
#include "core/base/state_hash.h"

namespace tsp::sim {

struct WorldOptions {
  BrokerConfig broker;
  LinkFaults link;
  Duration store_delay_max = std::chrono::milliseconds(10);
  Duration datapath_delay_max = std::chrono::milliseconds(1);
  Duration nat_idle_limit = std::chrono::seconds(120);
  bool check_each_step = true;
};

// Everything on, a /48 of documentation space, short quarantines.
[[nodiscard]] WorldOptions default_world();

using ClientIndex = std::size_t;

class World {
 public:
  World(WorldOptions options, std::uint64_t seed);
  ~World();

  // ---- what there is
  [[nodiscard]] AccountId add_account(const std::string& login, const std::string& password);
  // With a NAT: private addresses behind its public one; without: a public address of its own.
  ClientIndex add_client(GogocOptions options, std::optional<std::size_t> nat = std::nullopt);
  std::size_t add_nat();

  [[nodiscard]] GogocClient& client(ClientIndex index) { return *clients_.at(index).machine; }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] std::size_t count_events(EventCode code) const;
  // False between a crash and the restart.
  [[nodiscard]] bool alive() const { return broker_ != nullptr && datapath_ != nullptr; }
  [[nodiscard]] Broker& broker() { return *broker_; }
  [[nodiscard]] SimStore& store() { return *store_; }
  [[nodiscard]] const StoreContents& disk() const { return disk_; }
  [[nodiscard]] SimDatapath& datapath() { return *datapath_; }
  [[nodiscard]] Nat& nat(std::size_t index) { return nats_.at(index); }
  [[nodiscard]] LinkFaults& link() { return options_.link; }
  [[nodiscard]] Random& random() { return random_; }
  [[nodiscard]] Instant now() const { return now_; }

  // ---- what happens
  void run_for(Duration time);
  // True if it came to be before `limit` had passed.
  bool run_until(const std::function<bool()>& wanted, Duration limit);
  // The process dies; what the store and (if it lives in the kernel) the datapath have, stays. It is started again
  // after `away`.
  void crash(Duration away, bool datapath_survives);
  // Steps the wall clock.
  void step_wall_clock(Duration by) { wall_offset_ += by; }
  [[nodiscard]] AdminReply ask(AdminCommand command);
  // A datagram with any source.
  void inject(const FourTuple& path, Bytes payload);
  // Copies of what the broker sends to a path that belongs to no client.
  [[nodiscard]] const std::vector<SendDatagram>& to_nobody() const { return to_nobody_; }
  // For streams, and for whatever else a test wants to do by hand.
  void tell(const Fact& fact);
  [[nodiscard]] std::vector<Order> take_stream_orders() { return std::exchange(stream_orders_, {}); }
  [[nodiscard]] FourTuple path_of(ClientIndex index);

  // ---- what must hold
  void check();
  // Store, datapath and broker agree, nothing is in flight.
  [[nodiscard]] std::optional<std::string> find_disagreement();
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_.value(); }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  struct SimClient {
    std::unique_ptr<GogocClient> machine;
    IPv4Address address;
    std::optional<std::size_t> nat;
    bool wake_scheduled = false;
    Instant wake_at;
  };

  void at(Instant when, std::function<void()> what);
  void step();
  void start_broker();
  void settle_broker();
  void execute(Order& order);
  void report_store(OpId op, Duration delay);
  void report_datapath(OpId op, Duration delay);
  void send_to_client(const FourTuple& path, ByteView payload);
  void arrive_at_client(const FourTuple& path, const Bytes& payload);
  void attend_client(ClientIndex index);
  void check_acknowledged(const FourTuple& path, ByteView payload);
  [[nodiscard]] Now clock() const { return {now_, WallTime{now_.since_boot + wall_offset_}}; }
  [[nodiscard]] Duration draw(Duration max);

  WorldOptions options_;
  Random random_;
  Instant now_{std::chrono::hours(1)};
  Duration wall_offset_ = std::chrono::hours(24 * 365 * 55);
  std::uint64_t life_ = 0;  // of the broker's process; what was meant for an earlier one is dropped
  std::uint64_t sequence_ = 0;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> happenings_;
  std::optional<Instant> broker_wake_;

  StoreContents disk_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<SimDatapath> datapath_;
  std::unique_ptr<Broker> broker_;

  std::vector<SimClient> clients_;
  std::vector<Nat> nats_;
  std::vector<Event> events_;
  std::map<RequestId, AdminReply> admin_replies_;
  std::uint64_t last_request_ = 0;
  std::vector<SendDatagram> to_nobody_;
  std::vector<Order> stream_orders_;
  StateHash trace_;
  std::uint64_t steps_ = 0;
};

}  // namespace tsp::sim
