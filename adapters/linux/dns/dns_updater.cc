// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/dns_updater.h"

#include <utility>

#include "core/wire/dns_name.h"

namespace tsp::linux_::dns {
namespace {

OwnerState worse(OwnerState a, OwnerState b) {
  using enum OwnerState::Phase;
  for (const auto phase : {Refused, Pending}) {
    if (a.phase == phase) return a;
    if (b.phase == phase) return b;
  }
  return a.done_at < b.done_at ? b : a;
}

}  // namespace

std::expected<std::unique_ptr<DnsUpdater>, std::string> DnsUpdater::create(asio::io_context& io,
                                                                           std::vector<DnsServer> servers,
                                                                           const UpdateLimits& limits) {
  return create([&io](const Endpoint& server) { return std::make_unique<TcpServerLink>(io, server); },
                std::move(servers), limits);
}

std::expected<std::unique_ptr<DnsUpdater>, std::string> DnsUpdater::create(const MakeLink& make_link,
                                                                           std::vector<DnsServer> servers,
                                                                           const UpdateLimits& limits) {
  std::unique_ptr<DnsUpdater> updater(new DnsUpdater);
  for (DnsServer& server : servers) {
    for (const std::string& zone : server.zones) {
      const std::string where = "DNS server " + to_text(server.address) + ": the zone " + zone;
      if (!wire::valid_dns_name(zone)) return std::unexpected(where + " is no DNS name, expected one like example.net");
      std::string name = wire::canonical_name(zone);
      if (!updater->server_of_zone_.emplace(name, updater->servers_.size()).second) {
        return std::unexpected(where + " stands twice, expected one server for each zone");
      }
      updater->zones_.push_back(std::move(name));
    }
    auto link = make_link(server.address);
    auto queue = std::make_unique<UpdateQueue>(*link, std::move(server.key), limits);
    updater->servers_.push_back({.link = std::move(link), .queue = std::move(queue)});
  }
  return updater;
}

std::expected<void, std::string> DnsUpdater::set(const std::string& owner, const DesiredRecords& desired) {
  auto placed = place(desired, false);
  if (!placed) return std::unexpected(placed.error());
  if (auto room = find_room(owner, *placed); !room) return room;
  for (std::size_t i = 0; i < servers_.size(); ++i) servers_[i].queue->set(owner, std::move((*placed)[i]));
  return {};
}

std::expected<void, std::string> DnsUpdater::remove(const std::string& owner, const DesiredRecords& formerly) {
  const auto placed = place(formerly, true);
  if (!placed) return std::unexpected(placed.error());
  if (auto room = find_room(owner, *placed); !room) return room;
  for (std::size_t i = 0; i < servers_.size(); ++i) servers_[i].queue->set(owner, {}, (*placed)[i]);
  return {};
}

void DnsUpdater::retry() {
  for (const Server& server : servers_) server.queue->retry();
}

std::optional<OwnerState> DnsUpdater::state(const std::string& owner) const {
  std::optional<OwnerState> worst;
  for (const Server& server : servers_) {
    auto state = server.queue->state(owner);
    if (state) worst = worst ? worse(std::move(*worst), std::move(*state)) : std::move(state);
  }
  return worst;
}

std::expected<DnsUpdater::Placed, std::string> DnsUpdater::place(const DesiredRecords& records,
                                                                 bool skip_unplaced) const {
  auto rrsets = to_rrsets(records);
  if (!rrsets) return std::unexpected(rrsets.error());
  Placed placed(servers_.size());
  for (auto& [key, data] : *rrsets) {
    const auto zone = zone_of(zones_, key.name);
    if (!zone && skip_unplaced) continue;
    if (!zone) return std::unexpected(zone.error());
    placed[server_of_zone_.at(*zone)].emplace(key, PlacedRrset{.zone = *zone, .data = std::move(data)});
  }
  return placed;
}

std::expected<void, std::string> DnsUpdater::find_room(const std::string& owner, const Placed& placed) const {
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    if (!placed[i].empty() && !servers_[i].queue->has_room_for(owner)) {
      return std::unexpected("too many owners have records in the DNS or are waiting for updates: " + owner +
                             " gets none until others are removed");
    }
  }
  return {};
}

}  // namespace tsp::linux_::dns
