// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/internet.h"

#include <utility>

#include "core/base/assert.h"

namespace tsp::sim {
namespace {

constexpr std::size_t kHostsMax = std::size_t{250} * 150;

IPv6Address ipv4_host(std::size_t number, bool behind_nat) {
  TSP_ASSERT(number < kHostsMax);
  const auto low = static_cast<std::uint8_t>(number % 250 + 1);
  const auto high = static_cast<std::uint8_t>(number / 250);
  if (behind_nat) return map_ipv4({{10, 0, high, low}});
  return map_ipv4({{198, 51, static_cast<std::uint8_t>(100 + high), low}});
}

// In another network after each move.
IPv6Address ipv6_host(std::size_t number, std::uint8_t moves) {
  TSP_ASSERT(number < kHostsMax);
  const auto low = static_cast<std::uint8_t>(number % 250 + 1);
  const auto high = static_cast<std::uint8_t>(number / 250);
  return {{0x20, 0x01, 0x0d, 0xb8, 0xcc, moves, high, low, 0, 0, 0, 0, 0, 0, 0, 7}};
}

}  // namespace

ClientIndex Internet::add_client(const MakeClient& make, const Endpoint& server, std::optional<NatIndex> nat) {
  const ClientIndex index = sites_.size();
  Site site;
  site.server = server;
  if (server.is_ipv4()) site.nat = nat;
  site.address = server.is_ipv4() ? ipv4_host(index, nat.has_value()) : ipv6_host(index, site.moves);
  site.client =
      make(Host{.address = site.address, .server = site.server, .random = random_.fork(), .now = clocks_.now()});
  client_at_[site.address] = index;
  sites_.push_back(std::move(site));
  attend(index);
  return index;
}

NatIndex Internet::add_nat(const NatOptions& options) {
  TSP_ASSERT(nats_.size() < 254);
  const IPv4Address outside{{203, 0, 113, static_cast<std::uint8_t>(nats_.size() + 1)}};
  nat_at_[map_ipv4(outside)] = nats_.size();
  nats_.emplace_back(outside, options);
  return nats_.size() - 1;
}

void Internet::move_client(ClientIndex index, std::optional<NatIndex> nat) {
  Site& site = sites_.at(index);
  client_at_.erase(site.address);
  if (site.server.is_ipv4()) {
    site.address = ipv4_host(index, nat.has_value());
    site.nat = nat;
  } else {
    site.address = ipv6_host(index, ++site.moves);
  }
  client_at_[site.address] = index;
}

void Internet::restart_client(ClientIndex index) {
  sites_.at(index).client->restart(clocks_.now());
  attend(index);
}

void Internet::connect_everybody() {
  for (Site& site : sites_) site.cut_off = false;
}

FourTuple Internet::path_of(ClientIndex index) {
  const Site& site = sites_.at(index);
  return path_from(site, site.client->port());
}

FourTuple Internet::path_from(const Site& site, std::uint16_t port) {
  const Endpoint inside{site.address, port};
  if (port == 0) return {inside, Endpoint{site.server.address, 0}};
  if (!site.nat) return {inside, site.server};
  return {nats_.at(*site.nat).map(inside, site.server, clocks_.now(), random_), site.server};
}

void Internet::attend(ClientIndex index) {
  Site& site = sites_.at(index);
  for (const Departure& departure : site.client->take_departures()) {
    ++datagrams_sent_;
    if (site.cut_off) continue;
    if (departure.port == 0 && site.nat) continue;  // no NAT here knows protocol 41
    const FourTuple path =
        departure.forged_source ? FourTuple{*departure.forged_source, site.server} : path_from(site, departure.port);
    for (Arrival& arrival : draw_arrivals(link_, Way::Up, departure.payload, random_)) {
      happenings_.plan(clocks_.now() + arrival.delay,
                       [this, path, payload = std::move(arrival.payload)] { wires_.to_broker(path, payload); });
    }
  }
  const Instant deadline = site.client->next_deadline();
  if (deadline.since_boot == Duration::max() || (site.wakes_at && *site.wakes_at <= deadline)) return;
  site.wakes_at = deadline;
  happenings_.plan(deadline, [this, index, deadline] { wake(index, deadline); });
}

void Internet::wake(ClientIndex index, Instant deadline) {
  Site& site = sites_[index];
  if (site.wakes_at == deadline) site.wakes_at.reset();
  site.client->advance(clocks_.now());
  attend(index);
}

void Internet::send_to_client(const FourTuple& path, ByteView payload) {
  for (Arrival& arrival : draw_arrivals(link_, Way::Down, payload, random_)) {
    happenings_.plan(clocks_.now() + arrival.delay,
                     [this, path, arrived = std::move(arrival.payload)] { arrive(path, arrived); });
  }
}

void Internet::refuse_client(const FourTuple& path) {
  for (const Arrival& arrival : draw_arrivals(link_, Way::Down, {}, random_)) {
    happenings_.plan(clocks_.now() + arrival.delay, [this, path] {
      const auto place = find(path);
      if (!place || sites_[place->client].cut_off) return;
      sites_[place->client].client->refuse(clocks_.now(), place->port);
      attend(place->client);
    });
  }
}

std::optional<Internet::Place> Internet::find(const FourTuple& path) {
  std::optional<Endpoint> inside = path.remote;
  const auto nat = nat_at_.find(path.remote.address);
  if (nat != nat_at_.end()) inside = nats_[nat->second].unmap(path.remote, path.local, clocks_.now());
  const auto client = inside ? client_at_.find(inside->address) : client_at_.end();
  if (client == client_at_.end()) return std::nullopt;
  // A host that has moved behind a NAT, or out of it, is not where it was.
  if (sites_[client->second].nat.has_value() != (nat != nat_at_.end())) return std::nullopt;
  return Place{client->second, inside->port};
}

void Internet::arrive(const FourTuple& path, ByteView payload) {
  const auto place = find(path);
  if (!place) return wires_.to_nobody(path, payload);
  if (sites_[place->client].cut_off) return;
  sites_[place->client].client->receive(clocks_.now(), place->port, payload);
  attend(place->client);
}

}  // namespace tsp::sim
