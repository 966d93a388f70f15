// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/run/run.h"

#include <memory>
#include <utility>

#include "adapters/sim/checkers/checkers.h"
#include "adapters/sim/core_client.h"
#include "adapters/sim/rogue_client.h"
#include "adapters/sim/seed.h"

namespace tsp::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kFairTime = minutes(20);
constexpr unsigned kLongestPrefix = 64;
constexpr unsigned kShortestPrefix = 56;

std::string login_of(unsigned number) {
  return "user" + std::to_string(number);
}
std::string password_of(unsigned number) {
  return "secret" + std::to_string(number);
}

}  // namespace

Run::Run(const RunOptions& options, std::uint64_t seed)
    : options_(options), world_(options.world, seed), timers_(add_checkers(world_)) {
  plan_ = plan_misfortunes(options.severity, options.misfortunes, Random(seed_from(seed, 3)));
  populate();
}

// ---- who takes part -------------------------------------------------------------------------------------------

void Run::populate() {
  const Population& population = options_.population;
  for (unsigned i = 0; i < population.nats; ++i) world_.add_nat();
  for (unsigned i = 0; i < population.accounts + population.ours + population.twins; ++i) {
    static_cast<void>(world_.add_account(login_of(i), password_of(i)));
    targets_.push_back({login_of(i), password_of(i)});
  }
  static_cast<void>(world_.add_account("hoarder", "hoard"));
  add_gogocs();
  for (unsigned i = 0; i < population.ours; ++i) {
    client::ClientConfig config;
    config.type = population.any_type ? RequestedType::V6AnyV4 : RequestedType::V6UdpV4;
    config.mechanism = AuthMechanism::DigestMd5;
    config.login = login_of(population.accounts + i);
    config.password = password_of(population.accounts + i);
    world_.add_client([&](Host host) { return std::make_unique<CoreClient>(config, host); }, next_nat());
  }
  add_rogues();
}

void Run::add_gogocs() {
  const Population& population = options_.population;
  GogocOptions plain{.retry_delay = seconds(5), .chatter_interval = population.chatter_interval};
  for (unsigned i = 0; i < population.accounts; ++i) {
    GogocOptions options = plain;
    options.mechanism = i % 2 == 0 ? AuthMechanism::DigestMd5 : AuthMechanism::Plain;
    options.login = login_of(i);
    options.password = password_of(i);
    const unsigned length = kShortestPrefix + i % (kLongestPrefix - kShortestPrefix + 1);
    if (i % 3 == 0) {
      options.router_length = static_cast<std::uint8_t>(length);
      options.name_servers = {"ns1.example.org", "ns2.example.org"};
    }
    if (population.any_type && i % 3 != 1) options.type = RequestedType::V6AnyV4;
    if (population.over_ipv6 && i % 4 != 1) want_ipv4(options, i);
    give_odd_habits(options, i);
    world_.add_client(options, next_nat());
  }
  for (unsigned i = 0; i < population.anonymous; ++i) {
    GogocOptions options = plain;
    if (population.any_type && i % 2 == 0) options.type = RequestedType::V6AnyV4;
    if (population.over_ipv6 && i % 2 == 1) want_ipv4(options, i);
    if (population.scarce) options.hope = Hope::Nothing;
    give_odd_habits(options, i + 2);
    world_.add_client(options, next_nat());
  }
  for (unsigned i = 0; i < population.wrong_passwords; ++i) {
    GogocOptions options = plain;
    options.mechanism = i % 2 == 0 ? AuthMechanism::DigestMd5 : AuthMechanism::Plain;
    options.login = i % 2 == 0 ? "nobody" : "hoarder";
    options.password = "wrong";
    options.hope = Hope::Refusal;
    world_.add_client(options, next_nat());
  }
  for (unsigned i = 0; i < 2 * population.twins; ++i) {
    const unsigned number = population.accounts + population.ours + i / 2;
    GogocOptions options = plain;
    options.mechanism = AuthMechanism::DigestMd5;
    options.login = login_of(number);
    options.password = password_of(number);
    options.hope = Hope::Nothing;
    world_.add_client(options, next_nat());
  }
}

// In a small pool not everybody gets it.
void Run::want_ipv4(GogocOptions& options, unsigned number) const {
  options.type = RequestedType::V4V6;
  if (options.router_length) options.router_length = static_cast<std::uint8_t>(28 + number % 3);
  if (options_.world.broker.ipv4_pool->prefix.length > kMappedLength + 24) options.hope = Hope::Nothing;
}

void Run::give_odd_habits(GogocOptions& options, unsigned number) const {
  if (!options_.population.odd_habits) return;
  options.little_endian = number % 4 == 1;
  options.impatient = number % 4 == 2;
  options.changes_port = number % 4 == 3;
}

void Run::add_rogues() {
  for (std::size_t kind = 0; kind < kRogueKinds.size(); ++kind) {
    for (unsigned i = 0; i < options_.population.rogues[kind]; ++i) {
      RogueOptions options{.kind = kRogueKinds[kind],
                           .login = kRogueKinds[kind] == RogueKind::Guesser ? "user0" : "hoarder",
                           .password = "hoard",
                           .pool = world_.config().pool.prefix};
      for (std::uint8_t low = 1; low < 8; ++low) options.victims.push_back({{198, 51, 100, low}});
      world_.add_client([&](Host host) { return std::make_unique<RogueClient>(options, host); }, next_nat());
    }
  }
}

// Every second one stands alone.
std::optional<NatIndex> Run::next_nat() {
  const unsigned place = places_given_++;
  if (place % 2 == 0 || world_.internet().nats() == 0) return std::nullopt;
  return place / 2 % world_.internet().nats();
}

// ---- what happens ---------------------------------------------------------------------------------------------

RunResult Run::play() {
  const Instant begin = world_.now();
  suffer();
  if (!over()) recover();
  if (const auto& violation = world_.violation()) {
    result_.verdict = Verdict::Incorrect;
    result_.what = *violation;
  }
  result_.steps = world_.steps();
  result_.datagrams = world_.internet().datagrams_sent();
  result_.simulated = world_.now() - begin;
  result_.trace_hash = world_.trace_hash();
  return result_;
}

void Run::suffer() {
  for (unsigned number = 0; number < plan_.size() && !over(); ++number) {
    const PlannedMisfortune& planned = plan_[number];
    world_.run_until([this] { return stopped_early(); }, planned.pause);
    world_.run_until([this] { return world_.alive() || stopped_early(); }, minutes(1));
    if (over() || !world_.alive() || (kept_ && !kept_->contains(number))) continue;
    world_.announce(number, name_of(planned.kind));
    befall(world_, planned, options_.severity, targets_);
  }
}

void Run::recover() {
  const auto runs = [this] { return world_.alive() && !world_.stopping(); };
  demand("the process is alive", [this] { return world_.alive(); }, minutes(1));
  if (over()) return;
  mend(world_);
  demand("an orderly stop ends", runs, minutes(2));
  demand("the broker is ready", [this] { return world_.alive() && world_.broker().status().ready; }, minutes(5));
  demand(
      "the store is back", [this] { return world_.alive() && world_.broker().status().store_available; }, minutes(5));
  if (over()) return;
  if (!restore_accounts(world_, targets_)) {
    result_ = {.verdict = Verdict::NotLive, .what = "an operator cannot restore the accounts"};
    return;
  }
  demand("every client has what it can get", [this] { return discontented().empty(); }, kFairTime);
  demand("store, datapath and broker agree", [this] { return !world_.find_disagreement(); }, minutes(30));
  demand("no tunnel outlives its client's silence", [this] { return !timers_.find_overdue(); }, minutes(2));
  if (over()) return;
  world_.tell(StopRequested{});
  demand("the broker stops", [this] { return world_.stopped(); }, minutes(2));
}

void Run::demand(const std::string& what, const std::function<bool()>& wanted, Duration limit) {
  if (over()) return;
  const bool came = world_.run_until([&] { return stopped_early() || wanted(); }, limit);
  if (came || over()) return;
  result_.verdict = Verdict::NotLive;
  result_.what = "not in " + std::to_string(limit / seconds(1)) + " s: " + what;
  if (const std::string clients = discontented(); !clients.empty()) result_.what += "; without:" + clients;
  if (const auto disagreement = world_.find_disagreement()) result_.what += "; " + *disagreement;
  if (const auto overdue = timers_.find_overdue()) result_.what += "; " + *overdue;
}

std::string Run::discontented() {
  std::string text;
  for (ClientIndex i = 0; i < world_.internet().clients(); ++i) {
    if (!world_.internet().client(i).content()) text += " client " + std::to_string(i);
  }
  return text;
}

}  // namespace tsp::sim
