// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/world.h"

#include <algorithm>
#include <utility>

#include "adapters/sim/seed.h"
#include "core/auth/digest_md5.h"
#include "core/auth/update_key.h"
#include "core/base/assert.h"
#include "core/base/overloaded.h"
#include "core/pool/layout.h"
#include "core/tunnel/tunnel_book.h"

namespace tsp::sim {
namespace {

constexpr IPv4Address kBrokerAddress{{192, 0, 2, 1}};
constexpr IPv6Address kBrokerIPv6Address{{0x20, 0x01, 0x0d, 0xb8, 0, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr std::uint16_t kPort = 3653;
constexpr Duration kStalledPause = std::chrono::milliseconds(200);

}  // namespace

WorldOptions default_world() {
  WorldOptions options;
  BrokerConfig& config = options.broker;
  config.realm = "broker.example";
  config.pool = pool::derive_layout(*parse_prefix("2001:db8:1::/48")).value();
  config.prefix_limits = pool::default_prefix_limits(config.pool.prefix);
  config.dns_servers = {*parse_ipv6("2001:db8:53::53")};
  config.auth_anonymous = true;
  config.auth_plain = true;
  config.update_tunnel_address = kBrokerAddress;
  config.allow_private_outer_addresses = true;  // those for documentation and benchmarks, which its hosts have
  config.quarantine_anonymous = std::chrono::minutes(5);
  config.quarantine_account = std::chrono::minutes(30);
  return options;
}

World::World(WorldOptions options, std::uint64_t seed, std::shared_ptr<Common> common)
    : common_(std::move(common)),
      options_(std::move(options)),
      random_(seed_from(seed, 0)),
      clocks_(common_->clocks),
      happenings_(common_->happenings),
      internet_(clocks_, happenings_, random_.fork(),
                {.to_broker = [this](const FourTuple& path, ByteView payload) { arrive_at_broker(path, payload); },
                 .to_nobody =
                     [this](const FourTuple& path, ByteView payload) {
                       to_nobody_.push_back({path, Bytes(payload.begin(), payload.end())});
                     }}),
      disk_(common_->disk),
      dns_(common_->zone ? common_->zone : std::make_shared<SimZone>()) {
  TSP_ASSERT(options_.sweep_interval > 0);
  common_->worlds.push_back(this);
  internet_.link() = options_.link;
  disk_.watch([this](const std::vector<StoreChange>& changes) {
    observe([&](Observer& observer) { observer.on_commit(changes); });
  });
  start_broker();
}

World::~World() {
  std::erase(common_->worlds, this);
}

// ---- what there is --------------------------------------------------------------------------------------------

std::string update_key_of(const std::string& login) {
  return "update key of " + login;
}

AccountId World::add_account(const std::string& login, const std::string& password) {
  const AccountId id{random_.between(1, 1ULL << 52)};
  const Account account{.id = id,
                        .login = login,
                        .verifier = auth::make_verifier(login, options_.broker.realm, password),
                        .update_key = auth::hash_of_update_key(update_key_of(login)),
                        .created = clocks_.both().wall};
  write_to_store({AddAccount{account}});
  return id;
}

void World::write_to_store(const std::vector<StoreChange>& changes) {
  TSP_ASSERT(disk_.commit(changes).status == StoreStatus::Done);
}

ClientIndex World::add_client(GogocOptions options, std::optional<NatIndex> nat) {
  const bool over_ipv6 = options.type == RequestedType::V4V6;
  GogocClient* made = nullptr;
  const auto make = [&](Host host) {
    auto client = std::make_unique<GogocClient>(std::move(options), host);
    made = client.get();
    return client;
  };
  const Endpoint server = over_ipv6 ? Endpoint{kBrokerIPv6Address, kPort} : make_endpoint(kBrokerAddress, kPort);
  const ClientIndex index = internet_.add_client(make, server, nat);
  gogocs_.emplace(index, made);
  return index;
}

ClientIndex World::add_client(const Internet::MakeClient& make, std::optional<NatIndex> nat) {
  return internet_.add_client(make, make_endpoint(kBrokerAddress, kPort), nat);
}

std::size_t World::count_events(EventCode code) const {
  return static_cast<std::size_t>(std::ranges::count(events_, code, &Event::code));
}

// ---- time -----------------------------------------------------------------------------------------------------

void World::run_for(Duration time) {
  const Instant end = now() + time;
  while (!happenings_.empty() && happenings_.next() <= end && !violation_) step();
  clocks_.move_to(end);
}

bool World::run_until(const std::function<bool()>& wanted, Duration limit) {
  const Instant end = now() + limit;
  while (!wanted()) {
    if (violation_) return false;
    if (happenings_.empty() || happenings_.next() > end) {
      clocks_.move_to(end);
      return wanted();
    }
    step();
  }
  return true;
}

void World::step() {
  const Happenings::Happening first = happenings_.take();
  clocks_.move_to(first.at);
  first.what();
  for (World* world : common_->worlds) world->die_if_doomed();
  ++steps_;
  trace_.add(now().since_boot.count());
  observe([](Observer& observer) { observer.after_step(); });
  if (steps_ % options_.sweep_interval != 0) return;
  for (World* world : common_->worlds) world->sweep();
}

void World::die_if_doomed() {
  if (!std::exchange(doomed_, false)) return;
  crash(planned_crash_->away, planned_crash_->datapath_survives);
}

void World::reset_datapath() {
  datapath_->reset();
  die_if_doomed();
}

void World::sweep() {
  disk_.check_invariants();
  if (broker_) {
    broker_->check_invariants();
    trace_.add(broker_->state_hash());
  }
  observe([](Observer& observer) { observer.sweep(); });
}

void World::report_violation(std::string what) {
  if (!violation_) violation_ = std::move(what);
}

Duration World::draw(Duration max) {
  return Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(max.count()) + 1)));
}

// ---- the process ----------------------------------------------------------------------------------------------

void World::start_broker() {
  ++life_;
  stopped_ = false;
  store_ = std::make_unique<SimStore>(disk_, [this, life = life_](const StoreDone& done) {
    if (life == life_) handle(done);
  });
  if (!datapath_) make_datapath();
  observe([](Observer& observer) { observer.on_start(); });
  broker_ = std::make_unique<Broker>(std::make_shared<const BrokerConfig>(options_.broker), seed_from(random_),
                                     clocks_.both());
  settle_broker();
}

void World::make_datapath() {
  SimDatapathWires wires{
      .clock = [this] { return now(); },
      .to_client = [this](const FourTuple& path, ByteView packet) { leave_broker(path, packet); },
      .to_host =
          [this](const FourTuple* path, ByteView packet) {
            observe([&](Observer& observer) { observer.on_inner_to_host(path, packet); });
          },
      .signalling = [this](const FourTuple& path, ByteView payload) { handle(DatagramArrived{path, payload}); },
      .executed =
          [this](const DatapathOrder& order, DatapathStatus status) {
            observe([&](Observer& observer) { observer.on_datapath(order, status); });
          }};
  datapath_ = std::make_unique<SimDatapath>(SimDatapathOptions{.pool = options_.broker.pool.prefix,
                                                               .server_address = options_.broker.pool.server_address,
                                                               .ipv4_pool = port::ipv4_pool_of(options_.broker)},
                                            std::move(wires), [this](const port::Datapath::Report& report) {
                                              std::visit([this](const auto& fact) { handle(fact); }, report);
                                            });
}

void World::handle(const Fact& fact) {
  if (!broker_ || doomed_) return;
  observe([&](Observer& observer) { observer.on_fact(fact); });
  broker_->handle(clocks_.both(), fact);
  settle_broker();
}

void World::settle_broker() {
  while (auto next = broker_->poll()) {
    observe([&](Observer& observer) { observer.on_order(*next); });
    if (planned_crash_ && --planned_crash_->orders == 0) doomed_ = true;
    if (!doomed_) {
      execute(*next);
      if (!doomed_) continue;
    } else if (planned_crash_->after) {
      execute_by_dying_breath(*next);
    }
    return;
  }
  arm_broker();
}

void World::arm_broker() {
  const auto deadline = broker_->next_deadline();
  if (!deadline || (broker_wake_ && *broker_wake_ <= *deadline)) return;
  broker_wake_ = *deadline;
  happenings_.plan(*deadline, [this, life = life_, deadline = *deadline] {
    if (life != life_ || !broker_) return;
    if (broker_wake_ == deadline) broker_wake_.reset();
    broker_->advance(clocks_.both());
    settle_broker();
  });
}

void World::execute(Order& next) {
  std::visit(Overloaded{
                 [&](SendDatagram& order) { leave_broker(order.path, order.payload); },
                 [&](StoreOrder& order) {
                   const OpId op = op_of(order);
                   store_->submit(std::move(order));
                   report_store(op, draw(options_.store_delay_max));
                 },
                 [&](DatapathOrder& order) {
                   const OpId op = op_of(order);
                   datapath_->submit(std::move(order));
                   report_datapath(op, draw(options_.datapath_delay_max));
                 },
                 [&](AdminReply& reply) { admin_replies_.emplace(reply.request, std::move(reply)); },
                 [&](Event& event) { events_.push_back(std::move(event)); },
                 [&](PublishDns& order) { dns_.execute(order); },
                 [&](WithdrawDns& order) { dns_.execute(order); },
                 [&](DnsComplete& order) { dns_.execute(order); },
                 [&](Stopped& stopped) {
                   stream_orders_.emplace_back(stopped);
                   stopped_ = true;
                   if (!restart_after_stop_) return;
                   planned_crash_ = CrashPlan{.away = *std::exchange(restart_after_stop_, std::nullopt)};
                   doomed_ = true;
                 },
                 [&](auto& other) { stream_orders_.emplace_back(std::move(other)); },
             },
             next);
}

// What was handed over happens although the process is dead.
void World::execute_by_dying_breath(Order& next) {
  std::visit(Overloaded{
                 [&](SendDatagram& order) { leave_broker(order.path, order.payload); },
                 [&](StoreOrder& order) {
                   const OpId op = op_of(order);
                   store_->submit(std::move(order));
                   store_->execute(op);
                 },
                 [&](DatapathOrder& order) {
                   const OpId op = op_of(order);
                   datapath_->submit(std::move(order));
                   datapath_->execute(op);
                 },
                 [](auto&) {},
             },
             next);
}

// A store that stalls answers later.
void World::report_store(OpId op, Duration delay) {
  happenings_.plan(now() + delay, [this, op, life = life_] {
    if (life == life_ && store_ && !store_->report(op)) report_store(op, kStalledPause);
  });
}

void World::report_datapath(OpId op, Duration delay) {
  happenings_.plan(now() + delay, [this, op, life = life_] {
    if (life == life_ && broker_ && !datapath_->report(op)) report_datapath(op, kStalledPause);
  });
}

void World::crash(Duration away, bool datapath_survives) {
  ++life_;
  observe([](Observer& observer) { observer.on_crash(); });
  broker_.reset();
  store_.reset();
  dns_.forget_owners();
  broker_wake_.reset();
  planned_crash_.reset();
  restart_after_stop_.reset();
  if (!datapath_survives) {
    datapath_.reset();
  } else if (datapath_) {
    datapath_->forget_orders();
  }
  happenings_.plan(now() + away, [this, life = life_] {
    if (life == life_) start_broker();
  });
}

void World::reload(BrokerConfig config) {
  options_.broker = std::move(config);
  tell(ConfigChanged{std::make_shared<const BrokerConfig>(options_.broker)});
}

void World::restart_in_order(Duration away) {
  restart_after_stop_ = away;
  tell(StopRequested{});
}

AdminReply World::ask(AdminCommand command, std::optional<Actor> actor) {
  const RequestId request{++last_request_};
  tell(AdminRequest{.request = request, .command = std::move(command), .actor = std::move(actor)});
  const bool answered = run_until([&] { return admin_replies_.contains(request); }, std::chrono::minutes(1));
  TSP_ASSERT(answered || violation_);
  if (!answered) return {.request = request, .status = AdminStatus::Unavailable};
  return admin_replies_.extract(request).mapped();
}

void World::command(AdminCommand command) {
  tell(AdminRequest{RequestId{++last_request_}, std::move(command)});
}

void World::tell(const Fact& fact) {
  happenings_.plan(now(), [this, fact] { handle(fact); });
  // What comes of it at once, has come when this returns.
  const Instant before = now();
  while (!happenings_.empty() && happenings_.next() == before && !violation_) step();
}

// ---- datagrams ------------------------------------------------------------------------------------------------

void World::inject(const FourTuple& path, Bytes payload) {
  happenings_.plan(now(), [this, path, payload = std::move(payload)] { arrive_at_broker(path, payload); });
}

void World::arrive_at_broker(const FourTuple& path, ByteView payload) {
  if (!datapath_ && options_.closed_port_answers && path.remote.port != 0) internet_.refuse_client(path);
  if (!broker_ || !datapath_) return;
  observe([&](Observer& observer) { observer.on_arrival(path, payload); });
  trace_.add(payload);
  datapath_->receive(path, payload);
}

void World::leave_broker(const FourTuple& path, ByteView payload) {
  observe([&](Observer& observer) { observer.on_departure(path, payload); });
  trace_.add(payload);
  internet_.send_to_client(path, payload);
}

// ---- what must hold -------------------------------------------------------------------------------------------

std::optional<std::string> World::find_tunnel_disagreement() {
  std::map<TunnelId, TunnelRecord> durable;
  for (const auto& [id, record] : disk_.tunnels()) {
    if (record.broker == options_.broker.broker) durable.emplace(id, record);
  }
  const auto forwarded = datapath_->tunnels().list();
  if (durable.size() != broker_->status().counters.tunnels_now) return "store and broker differ";
  if (forwarded.size() != durable.size()) return "store and datapath differ";
  for (const TunnelSpec& spec : forwarded) {
    const auto record = durable.find(spec.id);
    if (record == durable.end()) return "an orphan in the datapath";
    TunnelSpec wanted = tunnel::spec_of(record->second);
    // The report of a first packet may get lost; it is made good when the two are compared next.
    wanted.confirmed = wanted.confirmed || (datapath_->has_lost_confirmations() && spec.confirmed);
    if (wanted != spec) return "store and datapath differ in a tunnel";
  }
  return std::nullopt;
}

std::optional<std::string> World::find_disagreement() {
  if (!broker_) return "no broker";
  const StatusView status = broker_->status();
  if (!status.ready) return "not ready";
  if (status.operations != 0) return "operations in flight";
  if (auto what = find_tunnel_disagreement()) return what;
  if (disk_.claims().size() != status.claims) {
    return "the store has " + std::to_string(disk_.claims().size()) + " claims, the pool " +
           std::to_string(status.claims);
  }
  if (options_.broker.dns && options_.broker.dns->delegates) return dns_.find_difference(disk_);
  return std::nullopt;
}

}  // namespace tsp::sim
