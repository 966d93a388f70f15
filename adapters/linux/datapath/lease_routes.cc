// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/lease_routes.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <variant>

#include "adapters/linux/netlink/route.h"
#include "core/base/assert.h"

namespace tsp::linux_ {

std::vector<IPv6Prefix> LeaseRoutes::wanted_by(const TunnelSpec& tunnel) const {
  std::vector<IPv6Prefix> leases{host_prefix(tunnel.inner)};
  if (tunnel.delegated) leases.push_back(*tunnel.delegated);
  if (policy_.all) return leases;
  std::erase_if(leases, [&](const IPv6Prefix& lease) {
    return std::ranges::none_of(policy_.other_pools, [&](const IPv6Prefix& pool) { return pool.contains(lease); });
  });
  return leases;
}

void LeaseRoutes::follow(const DatapathOrder& order, DatapathDone& done) {
  TSP_ASSERT(op_of(order) == done.op);
  if (done.status != DatapathStatus::Done) return;
  std::expected<void, std::string> routed;
  if (const auto* added = std::get_if<InstallTunnel>(&order)) {
    routed = install(added->spec, added->replaces);
  } else if (const auto* removed = std::get_if<RemoveTunnel>(&order)) {
    remove(removed->id);
  } else {
    routed = install_missing(done.tunnels);
  }
  if (routed) return;
  done.status = DatapathStatus::Failed;
  done.detail = routed.error();
}

std::expected<void, std::string> LeaseRoutes::install_missing(const std::vector<TunnelSpec>& tunnels) {
  for (const TunnelSpec& tunnel : tunnels) {
    if (routes_.contains(tunnel.id)) continue;
    auto routed = install(tunnel, {});
    if (routed) continue;
    remove(tunnel.id);  // the next list tries again
    return routed;
  }
  return {};
}

std::expected<void, std::string> LeaseRoutes::install(const TunnelSpec& tunnel, const std::vector<TunnelId>& replaces) {
  std::vector<IPv6Prefix> before;
  const auto take = [&](TunnelId id) {
    const auto found = routes_.extract(id);
    if (!found.empty()) std::ranges::move(found.mapped(), std::back_inserter(before));
  };
  std::ranges::for_each(replaces, take);
  take(tunnel.id);
  std::vector<IPv6Prefix> wanted = wanted_by(tunnel);
  for (const IPv6Prefix& prefix : before) {
    if (std::ranges::find(wanted, prefix) == wanted.end()) remove_route_to(prefix);
  }
  if (wanted.empty()) return {};
  // Kept even if one cannot be made: remove() and repair() see to what is there.
  const auto& kept = routes_.emplace(tunnel.id, std::move(wanted)).first->second;
  for (const IPv6Prefix& prefix : kept) {
    if (auto added = add_device_route(socket_, prefix, device_); !added) return added;
  }
  return {};
}

void LeaseRoutes::remove(TunnelId id) {
  const auto found = routes_.extract(id);
  if (!found.empty()) std::ranges::for_each(found.mapped(), [&](const auto& prefix) { remove_route_to(prefix); });
}

// One that cannot be removed leads to the device, which has no tunnel for it and says so to the sender.
void LeaseRoutes::remove_route_to(const IPv6Prefix& prefix) const {
  [[maybe_unused]] const auto ignored = remove_route(socket_, {.destination = prefix,
                                                               .kind = RouteKind::Forward,
                                                               .protocol = kRouteProtocol,
                                                               .metric = kPreferredMetric,
                                                               .devices = {device_}});
}

std::expected<bool, std::string> LeaseRoutes::repair() const {
  if (routes_.empty()) return false;
  std::set<IPv6Prefix> there;
  for (const RouteFamily family : {RouteFamily::IPv6, RouteFamily::IPv4}) {
    const auto routes = list_routes(socket_, family);
    if (!routes) return std::unexpected(routes.error());
    for (const Route& route : *routes) {
      const bool to_device = std::ranges::find(route.devices, device_) != route.devices.end();
      if (route.protocol == kRouteProtocol && to_device) there.insert(route.destination);
    }
  }
  bool repaired = false;
  for (const auto& [id, prefixes] : routes_) {
    for (const IPv6Prefix& prefix : prefixes) {
      if (there.contains(prefix)) continue;
      if (auto added = add_device_route(socket_, prefix, device_); !added) return std::unexpected(added.error());
      repaired = true;
    }
  }
  return repaired;
}

}  // namespace tsp::linux_
