// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/run/run_options.h"

#include <algorithm>
#include <initializer_list>

#include "adapters/sim/seed.h"
#include "core/pool/layout.h"

namespace tsp::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr LinkFaults kWorstWeather{.loss_per_mille = 400,
                                   .duplicate_per_mille = 400,
                                   .corrupt_per_mille = 20,
                                   .truncate_per_mille = 20,
                                   .delay_min = milliseconds(1),
                                   .delay_max = seconds(3),
                                   .payload_max = 500};

unsigned up_to(Random& random, unsigned max) {
  return static_cast<unsigned>(random.below(std::uint64_t{max} + 1));
}

void allow(Severity& severity, std::initializer_list<Misfortune> kinds, std::uint32_t weight) {
  for (const Misfortune kind : kinds) severity.weights[static_cast<std::size_t>(kind)] = weight;
}

NatOptions sample_nat(Random& random) {
  return {.mapping = static_cast<NatScope>(random.below(3)),
          .filtering = static_cast<NatScope>(random.below(3)),
          .ports = static_cast<NatPorts>(random.below(3)),
          .idle_limit = seconds(random.between(30, 300)),
          .inbound_refreshes = random.chance(1, 2)};
}

bool is_deserted(const Population& population) {
  const unsigned honest = population.accounts + population.anonymous + population.ours;
  return honest + population.wrong_passwords + population.twins == 0 &&
         std::ranges::all_of(population.rogues, [](unsigned count) { return count == 0; });
}

// Some things never happen, some all the time.
void sample_swarm(RunOptions& options, Random& random) {
  for (std::uint32_t& weight : options.severity.weights) {
    weight = random.chance(1, 3) ? 0 : static_cast<std::uint32_t>(random.between(1, 10));
  }
  allow(options.severity, {Misfortune::Crash}, 1);
  LinkFaults& worst = options.severity.worst_weather;
  if (random.chance(1, 3)) worst.corrupt_per_mille = worst.truncate_per_mille = 0;
  if (random.chance(1, 3)) worst.duplicate_per_mille = 0;
  if (random.chance(1, 3)) worst.delay_max = milliseconds(50);
  options.severity.pause_max = seconds(random.between(1, 40));
  options.world.nat = sample_nat(random);
  options.world.store_delay_max = milliseconds(random.between(0, 200));
  options.world.datapath_delay_max = milliseconds(random.between(0, 20));
  Population& population = options.population;
  population.accounts = up_to(random, 8);
  population.anonymous = up_to(random, 6);
  population.ours = up_to(random, 3);
  population.wrong_passwords = up_to(random, 2);
  population.twins = up_to(random, 1);
  population.odd_habits = random.chance(1, 2);
  population.any_type = random.chance(2, 3);
  population.nats = up_to(random, 3);
  for (unsigned& rogues : population.rogues) rogues = random.chance(1, 3) ? up_to(random, 2) : 0;
  // Whatever befalls clients needs one.
  if (is_deserted(population)) population.anonymous = 1;
  if (random.chance(1, 3)) population.chatter_interval = milliseconds(random.between(200, 10'000));
  population.scarce = random.chance(1, 5);
  if (population.scarce) {
    options.world.broker.anonymous_tunnels_per_source_max = static_cast<std::uint32_t>(random.between(1, 2));
  }
}

// As a swarm, with clients of both families.
void sample_dual_stack(RunOptions& options, Random& random) {
  sample_swarm(options, random);
  BrokerConfig& broker = options.world.broker;
  broker.types = {TunnelType::V6V4, TunnelType::V6UdpV4, TunnelType::V4V6};
  // So small that it runs dry at times.
  broker.ipv4_pool = pool::derive_ipv4_layout(map_ipv4({{100, 64, 0, 0}}, random.chance(1, 3) ? 28 : 24)).value();
  broker.ipv4_prefix_limits = {24, 30};
  options.population.over_ipv6 = true;
}

void sample_lite(RunOptions& options) {
  allow(options.severity, {Misfortune::Crash, Misfortune::CrashAtOrder}, 1);
  options.severity.worst_weather = {};
  options.severity.pause_max = seconds(20);
  options.misfortunes = 10;
  options.population = {
      .accounts = 24, .anonymous = 8, .ours = 0, .wrong_passwords = 0, .nats = 4, .chatter_interval = milliseconds(50)};
  options.world.sweep_interval = 5000;
}

void sample_preset(RunOptions& options, Random& random) {
  Severity& severity = options.severity;
  Population& population = options.population;
  allow(severity, {Misfortune::Weather, Misfortune::Crash}, 1);
  options.world.nat = sample_nat(random);
  if (options.preset == "nat-storm") {
    allow(severity, {Misfortune::NatReboot, Misfortune::ClientRestart, Misfortune::ForgedHello}, 8);
    options.world.nat.idle_limit = seconds(20);
    population.nats = 3;
    population.accounts = population.anonymous = 10;
  } else if (options.preset == "store-flap") {
    allow(severity, {Misfortune::StoreFault, Misfortune::ClientRestart}, 8);
    allow(severity, {Misfortune::StoreSlow, Misfortune::CrashAtOrder, Misfortune::Operator}, 3);
  } else if (options.preset == "restart-loop") {
    allow(severity, {Misfortune::Crash, Misfortune::CrashAtOrder, Misfortune::OrderlyRestart}, 8);
    allow(severity, {Misfortune::ClientRestart, Misfortune::DatapathFault, Misfortune::Reload}, 3);
    severity.pause_max = seconds(6);
  } else if (options.preset == "roam") {
    allow(severity, {Misfortune::ClientMoves, Misfortune::Partition}, 8);
    population.odd_habits = true;
    population.nats = 2;
  } else if (options.preset == "flood") {
    population.rogues.fill(1);
    population.rogues[static_cast<std::size_t>(RogueKind::Flooder)] = 3;
    population.chatter_interval = seconds(1);
  }
}

}  // namespace

std::expected<RunOptions, std::string> sample_options(std::string_view preset, std::uint64_t seed) {
  if (std::ranges::find(kPresets, preset) == kPresets.end()) {
    std::string names;
    for (const std::string_view name : kPresets) names += (names.empty() ? "" : ", ") + std::string(name);
    return std::unexpected("no preset " + std::string(preset) + "; there are " + names);
  }
  Random random(seed_from(seed, 2));
  RunOptions options;
  options.preset = preset;
  options.world = default_world();
  options.world.broker.dns = DnsPolicy{.domain = "tunnels.example"};
  options.severity.worst_weather = kWorstWeather;
  options.world.closed_port_answers = random.chance(1, 2);
  // A look at everything costs as much as there is.
  options.world.sweep_interval = random.chance(1, 10) ? 1 : random.between(50, 500);
  if (preset == "swarm") {
    sample_swarm(options, random);
  } else if (preset == "dual-stack") {
    sample_dual_stack(options, random);
  } else if (preset == "lite") {
    sample_lite(options);
  } else {
    sample_preset(options, random);
  }
  return options;
}

namespace {

std::string_view name_of(NatScope scope) {
  switch (scope) {
    case NatScope::EndpointIndependent:
      return "endpoint-independent";
    case NatScope::AddressDependent:
      return "address-dependent";
    case NatScope::AddressAndPortDependent:
      break;
  }
  return "address-and-port-dependent";
}

std::string_view name_of(NatPorts ports) {
  switch (ports) {
    case NatPorts::Preserved:
      return "preserved";
    case NatPorts::Random:
      return "random";
    case NatPorts::Sequential:
      break;
  }
  return "sequential";
}

// A line for the NATs, one for what is slow or small.
std::string describe(const WorldOptions& world) {
  const NatOptions& nat = world.nat;
  const auto ms = [](Duration time) { return std::to_string(time / milliseconds(1)) + " ms"; };
  std::string text = "NATs: mapping=" + std::string(name_of(nat.mapping)) +
                     " filtering=" + std::string(name_of(nat.filtering)) + " ports=" + std::string(name_of(nat.ports)) +
                     " idle_limit=" + std::to_string(nat.idle_limit / seconds(1)) + "s";
  if (nat.inbound_refreshes) text += " inbound_refreshes";
  if (world.closed_port_answers) text += "\na closed port answers";
  return text + "\nstore: up to " + ms(world.store_delay_max) + "; datapath: up to " + ms(world.datapath_delay_max) +
         "; tunnel MTU " + std::to_string(world.broker.tunnel_mtu) + "; sweep: each " +
         std::to_string(world.sweep_interval) + " steps\n";
}

}  // namespace

std::string describe(const RunOptions& options) {
  const Population& population = options.population;
  std::string text = "preset " + options.preset + "\nclients:";
  const auto add = [&](std::string_view name, unsigned count) {
    if (count > 0) text += " " + std::string(name) + "=" + std::to_string(count);
  };
  add("accounts", population.accounts);
  add("anonymous", population.anonymous);
  add("ours", population.ours);
  add("wrong_passwords", population.wrong_passwords);
  add("twins", population.twins);
  for (std::size_t i = 0; i < kRogueKinds.size(); ++i) add(name_of(kRogueKinds[i]), population.rogues[i]);
  add("nats", population.nats);
  if (population.over_ipv6) text += " over_ipv6";
  if (population.any_type) text += " any_type";
  if (population.scarce) text += " scarce";
  if (population.odd_habits) text += " odd_habits";
  text += "\nmisfortunes: " + std::to_string(options.misfortunes) + ", drawn by the weights";
  for (std::size_t i = 0; i < kMisfortunes; ++i) {
    add(name_of(static_cast<Misfortune>(i)), options.severity.weights[i]);
  }
  const LinkFaults& worst = options.severity.worst_weather;
  text += "\nworst weather: loss=" + std::to_string(worst.loss_per_mille) +
          " duplicates=" + std::to_string(worst.duplicate_per_mille) +
          " corrupted=" + std::to_string(worst.corrupt_per_mille) + " cut=" + std::to_string(worst.truncate_per_mille) +
          " per mille, delay up to " + std::to_string(worst.delay_max / milliseconds(1)) + " ms, MTU " +
          std::to_string(worst.payload_max) + " bytes of UDP\n";
  return text + describe(options.world);
}

}  // namespace tsp::sim
