// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/world.h"

#include <algorithm>
#include <utility>

#include "core/auth/digest_md5.h"
#include "core/base/assert.h"
#include "core/pool/layout.h"

namespace tsp::sim {
namespace {

constexpr IPv4Address kBrokerAddress{{192, 0, 2, 1}};
constexpr std::uint16_t kPort = 3653;
constexpr Duration kStalledPause = std::chrono::milliseconds(200);

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

Seed seed_from(Random& random) {
  Seed seed{};
  random.fill(seed);
  return seed;
}

Seed seed_from(std::uint64_t number) {
  Seed seed{};
  for (std::size_t i = 0; i < 8; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return seed;
}

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
  config.quarantine_anonymous = std::chrono::minutes(5);
  config.quarantine_account = std::chrono::minutes(30);
  return options;
}

World::World(WorldOptions options, std::uint64_t seed) : options_(std::move(options)), random_(seed_from(seed)) {
  start_broker();
}

World::~World() = default;

// ---- what there is --------------------------------------------------------------------------------------------

AccountId World::add_account(const std::string& login, const std::string& password) {
  const AccountId id{random_.between(1, 1ULL << 52)};
  const Account account{.id = id,
                        .login = login,
                        .verifier = auth::make_verifier(login, options_.broker.realm, password),
                        .created = clock().wall};
  TSP_ASSERT(disk_.commit({AddAccount{account}}).status == StoreStatus::Done);
  return id;
}

ClientIndex World::add_client(GogocOptions options, std::optional<std::size_t> nat) {
  const ClientIndex index = clients_.size();
  const auto low = static_cast<std::uint8_t>(index % 250 + 1);
  const auto high = static_cast<std::uint8_t>(index / 250);
  SimClient client;
  client.address =
      nat ? IPv4Address{{10, 0, high, low}} : IPv4Address{{198, 51, static_cast<std::uint8_t>(100 + high), low}};
  client.nat = nat;
  options.claimed_address = client.address;
  client.machine =
      std::make_unique<GogocClient>(std::move(options), random_.fork(), now_ + draw(std::chrono::seconds(1)));
  clients_.push_back(std::move(client));
  attend_client(index);
  return index;
}

std::size_t World::add_nat() {
  const auto low = static_cast<std::uint8_t>(nats_.size() + 1);
  nats_.emplace_back(IPv4Address{{203, 0, 113, low}}, options_.nat_idle_limit);
  return nats_.size() - 1;
}

std::size_t World::count_events(EventCode code) const {
  return static_cast<std::size_t>(std::ranges::count(events_, code, &Event::code));
}

FourTuple World::path_of(ClientIndex index) {
  SimClient& client = clients_.at(index);
  const Endpoint inside = make_endpoint(client.address, client.machine->port());
  const Endpoint outside = client.nat ? nats_.at(*client.nat).map(inside, now_, random_) : inside;
  return {outside, make_endpoint(kBrokerAddress, kPort)};
}

// ---- what happens ---------------------------------------------------------------------------------------------

void World::at(Instant when, std::function<void()> what) {
  happenings_.emplace(std::pair(std::max(when, now_), ++sequence_), std::move(what));
}

void World::run_for(Duration time) {
  const Instant end = now_ + time;
  while (!happenings_.empty() && happenings_.begin()->first.first <= end) step();
  now_ = end;
}

bool World::run_until(const std::function<bool()>& wanted, Duration limit) {
  const Instant end = now_ + limit;
  while (!wanted()) {
    if (happenings_.empty() || happenings_.begin()->first.first > end) {
      now_ = end;
      return wanted();
    }
    step();
  }
  return true;
}

void World::step() {
  auto first = happenings_.extract(happenings_.begin());
  now_ = std::max(now_, first.key().first);
  first.mapped()();
  ++steps_;
  trace_.add(now_.since_boot.count());
  if (options_.check_each_step) check();
}

void World::start_broker() {
  const std::uint64_t life = ++life_;
  const auto mine = [this, life] { return life == life_; };
  store_ = std::make_unique<SimStore>(disk_, [this, mine](const StoreDone& done) {
    if (!mine()) return;
    broker_->handle(clock(), done);
    settle_broker();
  });
  if (!datapath_) {
    datapath_ = std::make_unique<SimDatapath>(
        SimDatapathOptions{.pool = options_.broker.pool.prefix, .server_address = options_.broker.pool.server_address},
        SimDatapathWires{.clock = [this] { return now_; },
                         .to_client = [this](const FourTuple& path, ByteView packet) { send_to_client(path, packet); },
                         .to_host = [](ByteView) {},
                         .signalling =
                             [this](const FourTuple& path, ByteView payload) {
                               if (!broker_) return;
                               broker_->handle(clock(), DatagramArrived{path, payload});
                               settle_broker();
                             }},
        [this](const port::Datapath::Report& report) {
          if (!broker_) return;
          std::visit([this](const auto& fact) { broker_->handle(clock(), fact); }, report);
          settle_broker();
        });
  }
  broker_ =
      std::make_unique<Broker>(std::make_shared<const BrokerConfig>(options_.broker), seed_from(random_), clock());
  settle_broker();
}

void World::settle_broker() {
  while (auto next = broker_->poll()) execute(*next);
  const auto deadline = broker_->next_deadline();
  if (!deadline || (broker_wake_ && *broker_wake_ <= *deadline)) return;
  broker_wake_ = *deadline;
  at(*deadline, [this, life = life_, deadline = *deadline] {
    if (life != life_ || !broker_) return;
    if (broker_wake_ == deadline) broker_wake_.reset();
    broker_->advance(clock());
    settle_broker();
  });
}

void World::execute(Order& next) {
  std::visit(Overloaded{
                 [&](SendDatagram& order) {
                   check_acknowledged(order.path, order.payload);
                   send_to_client(order.path, order.payload);
                 },
                 [&](StoreOrder& order) {
                   const OpId op = std::visit([](const auto& known) { return known.op; }, order);
                   store_->submit(std::move(order));
                   report_store(op, draw(options_.store_delay_max));
                 },
                 [&](DatapathOrder& order) {
                   const OpId op = std::visit([](const auto& known) { return known.op; }, order);
                   datapath_->submit(std::move(order));
                   report_datapath(op, draw(options_.datapath_delay_max));
                 },
                 [&](AdminReply& reply) { admin_replies_.emplace(reply.request, std::move(reply)); },
                 [&](Event& event) { events_.push_back(std::move(event)); },
                 [&](auto& other) { stream_orders_.emplace_back(std::move(other)); },
             },
             next);
}

// A store that stalls answers later.
void World::report_store(OpId op, Duration delay) {
  at(now_ + delay, [this, op, life = life_] {
    if (life == life_ && store_ && !store_->report(op)) report_store(op, kStalledPause);
  });
}

void World::report_datapath(OpId op, Duration delay) {
  at(now_ + delay, [this, op, life = life_] {
    if (life == life_ && broker_ && !datapath_->report(op)) report_datapath(op, kStalledPause);
  });
}

void World::crash(Duration away, bool datapath_survives) {
  ++life_;
  broker_.reset();
  store_.reset();
  broker_wake_.reset();
  if (!datapath_survives) {
    datapath_.reset();
  } else if (datapath_) {
    datapath_->forget_orders();
  }
  at(now_ + away, [this] { start_broker(); });
}

AdminReply World::ask(AdminCommand command) {
  const RequestId request{++last_request_};
  tell(AdminRequest{request, std::move(command)});
  const bool answered = run_until([&] { return admin_replies_.contains(request); }, std::chrono::minutes(1));
  TSP_ASSERT(answered);
  return admin_replies_.extract(request).mapped();
}

void World::tell(const Fact& fact) {
  broker_->handle(clock(), fact);
  settle_broker();
}

void World::inject(const FourTuple& path, Bytes payload) {
  at(now_, [this, path, payload = std::move(payload)] {
    if (datapath_ && broker_) datapath_->receive(path, payload);
  });
}

// ---- the network ----------------------------------------------------------------------------------------------

void World::send_to_client(const FourTuple& path, ByteView payload) {
  for (const Duration delay : draw_arrivals(options_.link, random_)) {
    at(now_ + delay, [this, path, copy = Bytes(payload.begin(), payload.end())] { arrive_at_client(path, copy); });
  }
}

void World::arrive_at_client(const FourTuple& path, const Bytes& payload) {
  for (ClientIndex index = 0; index < clients_.size(); ++index) {
    SimClient& client = clients_[index];
    Endpoint inside = path.remote;
    if (client.nat) {
      Nat& nat = nats_[*client.nat];
      const bool for_this_nat = path.remote.is_ipv4() && path.remote.ipv4() == nat.outside();
      const auto mapped = for_this_nat ? nat.unmap(path.remote, now_) : std::nullopt;
      if (!mapped) continue;
      inside = *mapped;
    }
    if (!(inside == make_endpoint(client.address, client.machine->port()))) continue;
    client.machine->receive(now_, payload);
    attend_client(index);
    return;
  }
  to_nobody_.push_back({.path = path, .payload = payload});
}

void World::attend_client(ClientIndex index) {
  SimClient& client = clients_[index];
  for (Bytes& datagram : client.machine->take_output()) {
    const FourTuple path = path_of(index);
    for (const Duration delay : draw_arrivals(options_.link, random_)) {
      at(now_ + delay, [this, path, datagram] {
        if (datapath_ && broker_) datapath_->receive(path, datagram);
      });
    }
  }
  const Instant deadline = client.machine->next_deadline();
  if (deadline.since_boot == Duration::max() || (client.wake_scheduled && client.wake_at <= deadline)) return;
  client.wake_scheduled = true;
  client.wake_at = deadline;
  at(deadline, [this, index, deadline] {
    SimClient& sleeper = clients_[index];
    if (sleeper.wake_at == deadline) sleeper.wake_scheduled = false;
    sleeper.machine->advance(now_);
    attend_client(index);
  });
}

Duration World::draw(Duration max) {
  return Duration(static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(max.count()) + 1)));
}

// ---- what must hold -------------------------------------------------------------------------------------------

void World::check() {
  disk_.check_invariants();
  if (!broker_) return;
  broker_->check_invariants();
  trace_.add(broker_->state_hash());
}

// Durable before visible: an offer that is told is claimed in the store; a bare header may acknowledge an accept.
void World::check_acknowledged(const FourTuple& path, ByteView payload) {
  const std::string_view text = as_text(payload);
  const auto begin = text.find("<client>");
  if (begin == std::string_view::npos) return;
  const auto inner = text.find("type=\"ipv6\">", begin);
  TSP_ASSERT(inner != std::string_view::npos);
  const auto address = parse_ipv6(text.substr(inner + 12, 39));
  TSP_ASSERT(address.has_value());
  const auto claim = disk_.claims().find(host_prefix(*address));
  TSP_ASSERT(claim != disk_.claims().end());
  TSP_ASSERT(claim->second.state != ClaimState::Quarantined);
  TSP_ASSERT(path.local.port == kPort);
}

std::optional<std::string> World::find_disagreement() {
  if (!broker_) return "no broker";
  const StatusView status = broker_->status();
  if (!status.ready) return "not ready";
  if (status.operations != 0) return "operations in flight";
  const auto& durable = disk_.tunnels();
  const auto forwarded = datapath_->tunnels().list();
  if (durable.size() != status.counters.tunnels_now) return "store and broker differ";
  if (forwarded.size() != durable.size()) return "store and datapath differ";
  for (const TunnelSpec& spec : forwarded) {
    const auto record = durable.find(spec.id);
    if (record == durable.end()) return "an orphan in the datapath";
    if (!(record->second.path == spec.path) || record->second.inner != spec.inner) return "a tunnel differs";
  }
  if (disk_.claims().size() != status.claims) {
    return "the store has " + std::to_string(disk_.claims().size()) + " claims, the pool " +
           std::to_string(status.claims);
  }
  return std::nullopt;
}

}  // namespace tsp::sim
