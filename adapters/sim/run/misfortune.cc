// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/run/misfortune.h"

#include <numeric>
#include <string>
#include <utility>

#include "adapters/sim/seed.h"
#include "core/base/assert.h"
#include "core/wire/message.h"
#include "core/wire/udp_header.h"

namespace tsp::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Duration up_to(Random& random, Duration max) {
  return Duration(static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(max.count()) + 1)));
}

std::uint32_t part_of(Random& random, std::uint32_t max) {
  return static_cast<std::uint32_t>(random.below(std::uint64_t{max} + 1));
}

Misfortune pick(const std::array<std::uint32_t, kMisfortunes>& weights, Random& random) {
  const std::uint64_t sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  TSP_ASSERT(sum > 0);
  std::uint64_t left = random.below(sum);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (left < weights[i]) return static_cast<Misfortune>(i);
    left -= weights[i];
  }
  return Misfortune::Weather;
}

// One misfortune and its dice.
class Blow {
 public:
  Blow(World& world, const Severity& severity, const Targets& targets, std::uint64_t numbers)
      : world_(world), severity_(severity), targets_(targets), random_(seed_from(numbers, 1)) {}

  void strike(Misfortune kind) {
    switch (kind) {
      case Misfortune::Weather:
        return change_weather();
      case Misfortune::Partition:
        return cut();
      case Misfortune::StoreFault:
        return break_store();
      case Misfortune::StoreSlow:
        return world_.set_store_delay_max(milliseconds(random_.between(1, 5000)));
      case Misfortune::DatapathFault:
        return break_datapath();
      case Misfortune::TunnelVanishes:
        return lose_tunnel();
      case Misfortune::DatapathReset:
        return world_.reset_datapath();
      case Misfortune::ConfirmationsLost:
        return world_.datapath().lose_confirmations(random_.between(1, 8));
      case Misfortune::CountersReset:
        return world_.datapath().reset_usage();
      case Misfortune::Crash:
        return crash();
      case Misfortune::CrashAtOrder:
        return world_.plan_crash({.orders = random_.between(1, 40),
                                  .after = random_.chance(1, 2),
                                  .away = up_to(random_, seconds(5)),
                                  .datapath_survives = random_.chance(1, 2)});
      case Misfortune::OrderlyRestart:
        return world_.restart_in_order(up_to(random_, seconds(5)));
      case Misfortune::WallStep:
        return world_.step_wall_clock(up_to(random_, minutes(120)) - minutes(60));
      case Misfortune::WallDrift:
        return world_.clocks().drift_wall(static_cast<std::int64_t>(random_.below(100'001)) - 50'000);
      case Misfortune::NatReboot:
        if (world_.internet().nats() > 0) world_.nat(random_.below(world_.internet().nats())).rebind();
        return;
      case Misfortune::ClientMoves:
        return move_client();
      case Misfortune::ClientRestart:
        return world_.internet().restart_client(random_.below(world_.internet().clients()));
      case Misfortune::ForgedHello:
        return forge_hello();
      case Misfortune::ForgedInner:
        return forge_inner();
      case Misfortune::Operator:
        return operate();
      case Misfortune::Reload:
        return reload();
    }
  }

 private:
  void change_weather() {
    const LinkFaults& worst = severity_.worst_weather;
    LinkFaults& link = world_.link();
    link = LinkFaults{};
    world_.internet().connect_everybody();
    if (random_.chance(1, 4)) return;
    link.loss_per_mille = part_of(random_, worst.loss_per_mille);
    link.duplicate_per_mille = part_of(random_, worst.duplicate_per_mille);
    link.corrupt_per_mille = part_of(random_, worst.corrupt_per_mille);
    link.truncate_per_mille = part_of(random_, worst.truncate_per_mille);
    link.delay_max = link.delay_min + up_to(random_, worst.delay_max);
    if (worst.payload_max < link.payload_max && random_.chance(1, 3)) link.payload_max = worst.payload_max;
  }

  // Everybody, in one direction or both; or some altogether.
  void cut() {
    Internet& internet = world_.internet();
    if (random_.chance(1, 2)) {
      for (ClientIndex i = 0; i < internet.clients(); ++i) {
        if (random_.chance(1, 3)) internet.cut_off(i);
      }
      return;
    }
    internet.link().up_is_cut = random_.chance(2, 3);
    internet.link().down_is_cut = !internet.link().up_is_cut || random_.chance(1, 2);
  }

  void break_store() {
    const auto fault = static_cast<StoreFault>(random_.below(8));
    // Twice as often the one that hurts most: done, but nobody knows.
    const StoreFault chosen = random_.chance(1, 4) ? StoreFault::LostAfterDone : fault;
    world_.store().inject(chosen, random_.chance(1, 5) ? SimStore::kForever : random_.between(1, 20));
  }

  // Numbers are drawn in statements of their own: the order of arguments is the compiler's.
  void break_datapath() {
    const auto fault = static_cast<DatapathFault>(random_.below(6));
    world_.datapath().inject(fault, random_.between(1, 5));
  }

  void crash() {
    const Duration away = up_to(random_, seconds(5));
    world_.crash(away, random_.chance(1, 2));
  }

  void lose_tunnel() {
    const auto tunnels = world_.datapath().tunnels().list();
    if (!tunnels.empty()) world_.datapath().lose(tunnels[random_.below(tunnels.size())].id);
  }

  void move_client() {
    Internet& internet = world_.internet();
    std::optional<NatIndex> nat;
    if (internet.nats() > 0 && random_.chance(1, 2)) nat = random_.below(internet.nats());
    internet.move_client(random_.below(internet.clients()), nat);
  }

  // A beginning, or blindly a whole conversation: ANONYMOUS needs nothing that the broker has said.
  void forge_hello() {
    const FourTuple path = any_path();
    forge(path, 0xF00000F0, "VERSION=2.0.2\r\n");
    if (random_.chance(1, 2)) return;
    static constexpr std::string_view kCreate =
        "<tunnel action=\"create\" type=\"v6udpv4\"><client><address "
        "type=\"ipv4\">10.0.0.9</address></client></tunnel>";
    static constexpr std::string_view kCreateOverIPv6 =
        "<tunnel action=\"create\" type=\"v4v6\"><client><address "
        "type=\"ipv6\">2001:db8:9::9</address></client></tunnel>";
    forge(path, 0xF00000F1, "AUTHENTICATE ANONYMOUS\r\n");
    forge(path, 0xF00000F2, wire::framed_request(path.remote.is_ipv4() ? kCreate : kCreateOverIPv6));
    world_.run_for(milliseconds(random_.between(0, 3000)));
    if (world_.alive()) forge(path, 0xF00000F3, wire::framed_request(wire::action_text("accept")));
  }

  void forge(const FourTuple& path, std::uint32_t sequence, std::string_view text) {
    world_.inject(path, wire::with_header(wire::make_udp_header(wire::Sequence(sequence), 0), text));
  }

  void forge_inner() {
    IPv6Address source = world_.config().pool.prefix.base;
    source.octets[15] = static_cast<std::uint8_t>(random_.below(64));
    IPv6Address destination = source;
    destination.octets[15] = static_cast<std::uint8_t>(random_.below(64));
    world_.inject(any_path(), make_echo_request(source, destination, 1));
  }

  FourTuple any_path() { return world_.path_of(random_.below(world_.internet().clients())); }

  void operate() {
    if (targets_.empty()) return;
    const std::string& login = targets_[random_.below(targets_.size())].login;
    switch (random_.below(5)) {
      case 0:
        return world_.command(ChangeAccountRequest{.login = login, .enabled = false});
      case 1:
        return world_.command(ChangeAccountRequest{.login = login, .enabled = true});
      case 2:
        return world_.command(ChangeAccountRequest{.login = login, .password = "changed"});
      case 3:
        return update(login);
      default:
        const auto tunnels = world_.datapath().tunnels().list();
        if (!tunnels.empty()) world_.command(KickTunnelRequest{tunnels[random_.below(tunnels.size())].id});
    }
  }

  // A router of that account says where it is: where some client is.
  void update(const std::string& login) {
    UpdateEndpointRequest request{.login = login, .key = update_key_of(login), .host = login, .peer = any_path()};
    const FourTuple place = random_.chance(4, 5) ? any_path() : FourTuple{};
    if (place.remote.is_ipv4()) request.outer = place.remote.ipv4();
    world_.command(std::move(request));
  }

  void reload() {
    BrokerConfig config = world_.config();
    config.keepalive_seconds_max = static_cast<std::uint32_t>(random_.between(10, 60));
    config.keepalive_seconds_default = config.keepalive_seconds_max;
    config.lifetime_minutes = static_cast<std::uint32_t>(random_.between(1, 2000));
    config.store_patience = seconds(random_.between(1, 60));
    world_.reload(std::move(config));
  }

  World& world_;
  const Severity& severity_;
  const Targets& targets_;
  Random random_;
};

}  // namespace

std::string_view name_of(Misfortune kind) {
  static constexpr std::array<std::string_view, kMisfortunes> kNames{
      "weather",        "partition",          "store_fault",    "store_slow",   "datapath_fault", "tunnel_vanishes",
      "datapath_reset", "confirmations_lost", "counters_reset", "crash",        "crash_at_order", "orderly_restart",
      "wall_step",      "wall_drift",         "nat_reboot",     "client_moves", "client_restart", "forged_hello",
      "forged_inner",   "operator",           "reload"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::vector<PlannedMisfortune> plan_misfortunes(const Severity& severity, unsigned count, Random random) {
  std::vector<PlannedMisfortune> plan;
  for (unsigned i = 0; i < count; ++i) {
    plan.push_back({.pause = up_to(random, severity.pause_max),
                    .kind = pick(severity.weights, random),
                    .numbers = random.next_u64()});
  }
  return plan;
}

void befall(World& world, const PlannedMisfortune& misfortune, const Severity& severity, const Targets& targets) {
  Blow(world, severity, targets, misfortune.numbers).strike(misfortune.kind);
}

void mend(World& world) {
  world.cancel_planned_crash();
  world.link() = LinkFaults{};
  world.internet().connect_everybody();
  world.store().inject(StoreFault::None);
  world.set_store_delay_max(milliseconds(10));
  world.clocks().drift_wall(0);
  world.datapath().inject(DatapathFault::None);
  world.datapath().lose_confirmations(0);
  // What vanished silently is found when the datapath says that something may have been lost.
  world.datapath().reset();
}

bool restore_accounts(World& world, const Targets& targets) {
  for (const auto& [login, password] : targets) {
    if (world.ask(ChangeAccountRequest{.login = login, .password = password}).status != AdminStatus::Done) return false;
    if (world.ask(ChangeAccountRequest{.login = login, .enabled = true}).status != AdminStatus::Done) return false;
  }
  return true;
}

}  // namespace tsp::sim
