// SPDX-License-Identifier: Apache-2.0
//
// A whole world from one seed: a broker with its store and datapath, the internet with its clients, clocks, crashes.
// Observers watch everything, and the core's own invariants are checked as often as wanted.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tsp/broker.h>

#include "adapters/sim/clocks.h"
#include "adapters/sim/datapath.h"
#include "adapters/sim/dns.h"
#include "adapters/sim/gogoc_client.h"
#include "adapters/sim/happenings.h"
#include "adapters/sim/internet.h"
#include "adapters/sim/observer.h"
#include "adapters/sim/store.h"
#include "adapters/sim/store_contents.h"
#include "core/base/random.h"
#include "core/base/state_hash.h"

namespace tsp::sim {

struct WorldOptions {
  BrokerConfig broker;
  LinkFaults link;
  NatOptions nat;
  Duration store_delay_max = std::chrono::milliseconds(10);
  Duration datapath_delay_max = std::chrono::milliseconds(1);
  bool closed_port_answers = false;  // "port unreachable", while there is no process and nothing else has the port
  std::uint64_t sweep_interval = 1;  // steps from one look at everything to the next; at least 1
};

// Everything on, a /48 of documentation space, short quarantines.
[[nodiscard]] WorldOptions default_world();

// Of an account that the world was given.
[[nodiscard]] std::string update_key_of(const std::string& login);

// Where and how the process dies.
struct CrashPlan {
  std::uint64_t orders = 1;  // the broker's next one is 1
  bool after = false;        // that order is still carried out, though nobody hears of it
  Duration away{};           // until it is started again
  bool datapath_survives = false;
};

class World;

// What the worlds of several brokers have in common: time, and the disk of their store.
struct Common {
  Clocks clocks;
  Happenings happenings;
  StoreContents disk;
  std::shared_ptr<SimZone> zone;  // of all their name servers; none: each has its own
  std::vector<World*> worlds;
};

class World {
 public:
  // Alone, or beside others that step() as well.
  World(WorldOptions options, std::uint64_t seed, std::shared_ptr<Common> common = std::make_shared<Common>());
  ~World();

  // ---- what there is
  [[nodiscard]] AccountId add_account(const std::string& login, const std::string& password);
  // By somebody else than the broker, at once.
  void write_to_store(const std::vector<StoreChange>& changes);
  ClientIndex add_client(GogocOptions options, std::optional<NatIndex> nat = std::nullopt);
  ClientIndex add_client(const Internet::MakeClient& make, std::optional<NatIndex> nat = std::nullopt);
  NatIndex add_nat() { return internet_.add_nat(options_.nat); }
  void add_observer(std::unique_ptr<Observer> observer) { observers_.push_back(std::move(observer)); }
  // For the observers: what is about to befall this world.
  void announce(unsigned number, std::string_view misfortune) {
    observe([&](Observer& observer) { observer.on_misfortune(number, misfortune); });
  }

  // Added by its options.
  [[nodiscard]] GogocClient& client(ClientIndex index) { return *gogocs_.at(index); }
  [[nodiscard]] Internet& internet() { return internet_; }
  [[nodiscard]] Nat& nat(NatIndex index) { return internet_.nat(index); }
  [[nodiscard]] LinkFaults& link() { return internet_.link(); }
  [[nodiscard]] FourTuple path_of(ClientIndex index) { return internet_.path_of(index); }
  [[nodiscard]] Clocks& clocks() { return clocks_; }
  [[nodiscard]] const Clocks& clocks() const { return clocks_; }
  [[nodiscard]] Instant now() const { return clocks_.now(); }
  [[nodiscard]] const BrokerConfig& config() const { return options_.broker; }
  // False between a crash and the restart.
  [[nodiscard]] bool alive() const { return broker_ != nullptr; }
  // An orderly restart is under way.
  [[nodiscard]] bool stopping() const { return restart_after_stop_.has_value(); }
  // The broker has stopped for good.
  [[nodiscard]] bool stopped() const { return stopped_; }
  [[nodiscard]] Broker& broker() { return *broker_; }
  [[nodiscard]] SimStore& store() { return *store_; }
  [[nodiscard]] const StoreContents& disk() const { return disk_; }
  [[nodiscard]] SimDatapath& datapath() { return *datapath_; }
  [[nodiscard]] const SimDns& dns() const { return dns_; }
  // None before the first start, and between a crash that it did not survive and the restart.
  [[nodiscard]] const SimDatapath* datapath_if_any() const { return datapath_.get(); }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] std::size_t count_events(EventCode code) const;
  [[nodiscard]] Random& random() { return random_; }

  // ---- what happens
  void run_for(Duration time);
  // True if it came to be before `limit` had passed. Ends at once when something wrong was found.
  bool run_until(const std::function<bool()>& wanted, Duration limit);
  // The process dies; what the store and (if it lives in the kernel) the datapath have, stays. It is started again
  // after `away`.
  void crash(Duration away, bool datapath_survives);
  // All tunnels are gone, and the broker is told so.
  void reset_datapath();
  void plan_crash(const CrashPlan& plan) { planned_crash_ = plan; }
  void cancel_planned_crash() { planned_crash_.reset(); }
  // A new configuration, for this process and the next ones.
  void reload(BrokerConfig config);
  // Stops in good order, and starts again `away` after that.
  void restart_in_order(Duration away);
  void step_wall_clock(Duration by) { clocks_.step_wall(by); }
  void set_store_delay_max(Duration delay) { options_.store_delay_max = delay; }
  // `actor`: as in AdminRequest.
  [[nodiscard]] AdminReply ask(AdminCommand command, std::optional<Actor> actor = std::nullopt);
  // The same, without waiting for the answer.
  void command(AdminCommand command);
  // A datagram with any source.
  void inject(const FourTuple& path, Bytes payload);
  // Copies of what the broker sends to a path that belongs to no client.
  [[nodiscard]] const std::vector<SendDatagram>& to_nobody() const { return to_nobody_; }
  // For streams, and for whatever else a test wants to do by hand.
  void tell(const Fact& fact);
  [[nodiscard]] std::vector<Order> take_stream_orders() { return std::exchange(stream_orders_, {}); }

  // ---- what must hold
  // By whoever finds that something does not; the first is kept.
  void report_violation(std::string what);
  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }
  // Store, datapath and broker agree, nothing is in flight.
  [[nodiscard]] std::optional<std::string> find_disagreement();
  // The same of its own tunnels alone, whatever other brokers have in the store.
  [[nodiscard]] std::optional<std::string> find_tunnel_disagreement();
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_.value(); }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }

 private:
  void die_if_doomed();
  void step();
  void sweep();
  void start_broker();
  void make_datapath();
  void handle(const Fact& fact);
  void settle_broker();
  void execute(Order& next);
  void execute_by_dying_breath(Order& next);
  void arm_broker();
  void report_store(OpId op, Duration delay);
  void report_datapath(OpId op, Duration delay);
  void arrive_at_broker(const FourTuple& path, ByteView payload);
  void leave_broker(const FourTuple& path, ByteView payload);
  [[nodiscard]] Duration draw(Duration max);
  template <class Call>
  void observe(Call call) {
    for (const auto& observer : observers_) call(*observer);
  }

  std::shared_ptr<Common> common_;
  WorldOptions options_;
  Random random_;
  Clocks& clocks_;
  Happenings& happenings_;
  Internet internet_;
  std::map<ClientIndex, GogocClient*> gogocs_;
  std::vector<std::unique_ptr<Observer>> observers_;

  StoreContents& disk_;
  SimDns dns_;
  std::unique_ptr<SimStore> store_;
  std::unique_ptr<SimDatapath> datapath_;
  std::unique_ptr<Broker> broker_;
  std::uint64_t life_ = 0;  // of the broker's process; what was meant for an earlier one is dropped
  std::optional<Instant> broker_wake_;
  std::optional<CrashPlan> planned_crash_;
  bool doomed_ = false;  // the planned crash has come, and is carried out as soon as nothing of the process is running
  std::optional<Duration> restart_after_stop_;
  bool stopped_ = false;

  std::vector<Event> events_;
  std::map<RequestId, AdminReply> admin_replies_;
  std::uint64_t last_request_ = 0;
  std::vector<SendDatagram> to_nobody_;
  std::vector<Order> stream_orders_;
  std::optional<std::string> violation_;
  StateHash trace_;
  std::uint64_t steps_ = 0;
};

}  // namespace tsp::sim
