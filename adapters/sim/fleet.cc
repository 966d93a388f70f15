// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/fleet.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/pool/layout.h"

namespace tsp::sim {
namespace {

// 2001:db8:1::/48, 2001:db8:2::/48, …
IPv6Prefix pool_of(std::size_t broker) {
  IPv6Address base = *parse_ipv6("2001:db8::");
  base.octets[5] = static_cast<std::uint8_t>(broker + 1);
  return make_prefix(base, 48);
}

bool overlap(const TunnelRecord& a, const TunnelRecord& b) {
  const auto prefixes_of = [](const TunnelRecord& record) {
    std::vector<IPv6Prefix> all{host_prefix(record.inner)};
    if (record.delegated) all.push_back(*record.delegated);
    return all;
  };
  for (const IPv6Prefix& one : prefixes_of(a)) {
    for (const IPv6Prefix& other : prefixes_of(b)) {
      if (one.overlaps(other)) return true;
    }
  }
  return false;
}

}  // namespace

Fleet::Fleet(const FleetOptions& options, std::uint64_t seed) : clients_follow_(options.clients_follow) {
  TSP_ASSERT(options.brokers > 0 && options.brokers < 200);
  if (options.one_zone) common_->zone = std::make_shared<SimZone>();
  for (std::size_t i = 0; i < options.brokers; ++i) {
    WorldOptions world = options.world;
    BrokerConfig& config = world.broker;
    config.broker = id_of(i);
    config.takeover_check_interval = std::chrono::seconds(2);
    for (std::size_t other = 0; other < options.brokers; ++other) {
      if (other == i) continue;
      if (!options.announced) {
        OtherBroker& added = config.other_brokers.emplace_back();
        added.address.host = address_of(other);
        added.id = id_of(other);
      }
      if (!options.one_pool) config.other_pools.push_back(pool_of(other));
    }
    if (options.announced) {
      Announcement& told = config.announcement.emplace();
      told.addresses.emplace_back(address_of(i));
    }
    if (!options.one_pool) config.pool = pool::derive_layout(pool_of(i)).value();
    worlds_.push_back(std::make_unique<World>(std::move(world), seed + i * 1'000'003, common_));
  }
  common_->disk.watch([this](const std::vector<StoreChange>& changes) { check(changes); });
}

ClientIndex Fleet::add_account(const std::string& login, const std::string& password,
                               std::optional<std::uint8_t> router_length, RequestedType type) {
  static_cast<void>(at(0).add_account(login, password));
  for (std::size_t broker = 0; broker < size(); ++broker) {
    GogocOptions options{.type = type,
                         .mechanism = AuthMechanism::DigestMd5,
                         .login = login,
                         .password = password,
                         .router_length = router_length,
                         .retry_delay = std::chrono::seconds(5)};
    if (at(broker).config().dns) options.name_servers = {"ns" + std::to_string(broker + 1) + ".example.org"};
    if (clients_follow_) {
      options.follow = [this, broker, index = accounts_](const std::vector<std::string>& brokers) {
        return follow(broker, index, brokers);
      };
    }
    const ClientIndex index = at(broker).add_client(std::move(options));
    TSP_ASSERT(index == accounts_);
  }
  switch_off(accounts_);
  return accounts_++;
}

void Fleet::switch_off(ClientIndex index) {
  for (const auto& world : worlds_) world->client(index).switch_off();
}

std::optional<std::size_t> Fleet::place_of(ClientIndex index) {
  for (std::size_t broker = 0; broker < size(); ++broker) {
    if (client(broker, index).state() == GogocState::Up) return broker;
  }
  return std::nullopt;
}

// It tries those first that answer its echo requests. Without a list it begins again where its configuration says: at
// the broker that has the number of its account.
bool Fleet::follow(std::size_t from, ClientIndex index, const std::vector<std::string>& brokers) {
  const auto is_there = [this](std::size_t broker) { return at(broker).alive() && !at(broker).stopped(); };
  std::optional<std::size_t> target;
  if (brokers.empty()) target = index % size();
  for (std::size_t broker = 0; broker < size() && !target; ++broker) {
    const bool named = std::ranges::find(brokers, to_text(address_of(broker))) != brokers.end();
    if (named && is_there(broker)) target = broker;
  }
  if (!target || *target == from) return false;
  switch_on(*target, index);
  return true;
}

void Fleet::move(ClientIndex index, std::size_t broker) {
  switch_off(index);
  switch_on(broker, index);
}

// ---- what must hold after each commit -----------------------------------------------------------------------------

void Fleet::check(const std::vector<StoreChange>& changes) {
  check_leases();
  check_stickiness(changes);
}

void Fleet::check_leases() {
  const auto& tunnels = disk().tunnels();
  for (auto a = tunnels.begin(); a != tunnels.end(); ++a) {
    for (auto b = std::next(a); b != tunnels.end(); ++b) {
      const TunnelRecord& one = a->second;
      const TunnelRecord& other = b->second;
      if (one.broker == other.broker || one.evicted || other.evicted) continue;
      const bool one_account = one.account == other.account && one.account != kAnonymous;
      if (!one_account && !overlap(one, other)) continue;
      at(0).report_violation("two brokers have a live lease of " + to_text(one.inner) + " and " + to_text(other.inner) +
                             " of accounts " + std::to_string(one.account.value) + " and " +
                             std::to_string(other.account.value));
    }
  }
}

void Fleet::check_stickiness(const std::vector<StoreChange>& changes) {
  for (const StoreChange& change : changes) {
    if (const auto* deleted = std::get_if<DeleteAccount>(&change)) addresses_.erase(deleted->id);
  }
  for (const auto& [account, address] : addresses_) {
    const auto claim = disk().claims().find(address);
    const bool kept =
        claim != disk().claims().end() && claim->second.owner == account && claim->second.state == ClaimState::Held;
    if (!kept) {
      at(0).report_violation("account " + std::to_string(account.value) + " loses " + to_text(address));
      return;
    }
  }
  for (const auto& [prefix, claim] : disk().claims()) {
    const bool accounts_address =
        prefix.length == 128 && claim.state == ClaimState::Held && claim.owner != kAnonymous && !is_mapped(prefix);
    if (accounts_address) addresses_.insert_or_assign(claim.owner, prefix);
  }
}

// ---- what must come to be -----------------------------------------------------------------------------------------

std::optional<std::string> Fleet::find_disagreement() {
  for (const auto& [id, record] : disk().tunnels()) {
    if (record.evicted) return "an evicted tunnel is left at broker " + std::to_string(record.broker.value);
  }
  for (std::size_t broker = 0; broker < size(); ++broker) {
    if (auto what = find_disagreement_of(broker)) return "broker " + std::to_string(broker + 1) + ": " + *what;
  }
  return std::nullopt;
}

std::optional<std::string> Fleet::find_disagreement_of(std::size_t broker) {
  World& world = at(broker);
  if (!world.alive()) return "dead";
  const StatusView status = world.broker().status();
  if (!status.ready) return "not ready";
  // Looking for evictions is an order to the store as well, now and then, and so are telling of itself and following
  // what others change in the DNS.
  const BrokerConfig& config = world.config();
  if (status.operations > 1U + (config.announcement ? 1 : 0) + (config.dns ? 1 : 0)) return "operations in flight";
  if (const auto what = config.dns ? world.dns().find_difference(disk()) : std::nullopt) return what;
  return world.find_tunnel_disagreement();
}

}  // namespace tsp::sim
