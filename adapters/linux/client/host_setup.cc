// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/host_setup.h"

#include <algorithm>
#include <utility>

#include "adapters/linux/client/client_tun.h"
#include "adapters/linux/client/tunnel_routes.h"
#include "adapters/linux/netlink/address.h"
#include "adapters/linux/netlink/link.h"
#include "adapters/linux/netlink/sysctl.h"
#include "core/client/lan_prefix.h"

namespace tsp::linux_ {
namespace {

constexpr std::uint32_t kQueuePackets = 500;

// The router's own address on the LAN: PREFIX::1, or the first one of an IPv4 prefix.
DeviceAddress lan_address(const IPv6Prefix& delegated) {
  const IPv6Prefix lan = client::lan_prefix(delegated);
  DeviceAddress result{.address = lan.base, .length = lan.length};
  result.address.octets.back() |= 1;
  return result;
}

IPv6Prefix everything(TunnelType type) {
  return carries_ipv4(type) ? map_ipv4(IPv4Address{}, 0) : IPv6Prefix{};
}

bool is_default_route(const Route& route) {
  return written_length(route.destination) == 0;
}

bool same_setup(const Offer& a, const Offer& b) {
  return a.client_inner == b.client_inner && a.delegated == b.delegated;
}

}  // namespace

std::expected<std::unique_ptr<HostSetup>, std::string> HostSetup::open(HostOptions options) {
  auto socket = RouteSocket::open();
  if (!socket) return std::unexpected(socket.error());
  std::unique_ptr<HostSetup> setup(new HostSetup(std::move(options), std::move(*socket)));
  if (setup->options_.hook.configures()) return setup;
  if (!setup->options_.lan.empty()) {
    if (const auto lan = setup->device_index(setup->options_.lan); !lan) return std::unexpected(lan.error());
  }
  if (auto opened = setup->open_device(); !opened) return std::unexpected(opened.error());
  return setup;
}

HostSetup::Done HostSetup::prepare(const Offer& offer) {
  if (options_.hook.configures()) return offer.type == TunnelType::V6V4 ? Done{} : open_device();
  if (offer.delegated) {
    if (auto free = check_prefix(*offer.delegated); !free) return free;
  }
  return open_device();
}

HostSetup::Done HostSetup::open_device() {
  if (tun_.valid()) return {};
  auto tun = open_client_tun(options_.device);
  if (!tun) return std::unexpected(tun.error());
  tun_ = std::move(*tun);
  return {};
}

HostSetup::Done HostSetup::up(const Offer& offer) {
  if (current_ && same_setup(*current_, offer)) {
    current_ = offer;
    return {};
  }
  if (current_) down();
  if (auto ready = prepare(offer); !ready) return ready;
  if (auto set = set_up(offer); !set) {
    down();
    return set;
  }
  current_ = offer;
  return {};
}

void HostSetup::down() {
  while (!undo_.empty()) {
    undo_.back()();
    undo_.pop_back();
  }
  tun_.close();  // the device's address and routes go with it
  current_.reset();
  done_.clear();
}

// A prefix that another link has cannot be ours, whatever the server says.
HostSetup::Done HostSetup::check_prefix(const IPv6Prefix& prefix) const {
  const auto routes = list_routes(socket_, is_mapped(prefix) ? RouteFamily::IPv4 : RouteFamily::IPv6);
  if (!routes) return std::unexpected(routes.error());
  const auto lan = options_.lan.empty() ? std::expected<int, std::string>(0) : device_index(options_.lan);
  if (!lan) return std::unexpected(lan.error());
  for (const Route& route : *routes) {
    const bool own_lan = route.destination == client::lan_prefix(prefix) && route.devices == std::vector{*lan};
    if (is_default_route(route) || own_lan || route.protocol == kClientRouteProtocol) continue;
    if (route.destination.overlaps(prefix)) {
      return std::unexpected("the offered prefix " + to_text(prefix) + " overlaps the route " + to_text(route));
    }
  }
  return {};
}

std::expected<int, std::string> HostSetup::device_index(const std::string& name) const {
  const auto link = find_link(socket_, name);
  if (!link) return std::unexpected(link.error());
  if (!*link) return std::unexpected("there is no device " + name);
  return (*link)->index;
}

HostSetup::Done HostSetup::set_up(const Offer& offer) {
  if (options_.hook.configures()) {
    done_.push_back(options_.hook.program + " sets this host up");
    return {};
  }
  if (auto set = set_up_device(offer); !set) return set;
  return offer.delegated ? set_up_router(offer, *offer.delegated) : Done{};
}

HostSetup::Done HostSetup::set_up_device(const Offer& offer) {
  // "disable_ipv6" may be the host's default for new devices.
  write_sysctl("net/ipv6/conf/" + options_.device + "/disable_ipv6", "0");
  if (auto set = bring_up(socket_, options_.device, options_.mtu, kQueuePackets); !set) return set;
  const auto device = device_index(options_.device);
  if (!device) return std::unexpected(device.error());
  if (auto set = add_address(socket_, *device, offer.client_inner); !set) return set;
  done_.push_back("address " + to_text(host_prefix(offer.client_inner)) + " on " + options_.device + ", MTU " +
                  std::to_string(options_.mtu));
  if (!options_.default_route) return {};
  const IPv6Prefix destination = everything(offer.type);
  if (auto set = add_tunnel_route(socket_, destination, *device); !set) return set;
  done_.push_back("default route " + to_text(destination) + " through " + options_.device);
  return {};
}

HostSetup::Done HostSetup::set_up_router(const Offer& offer, const IPv6Prefix& prefix) {
  // What the LAN does not use must not go back to the server, which would send it here again.
  if (is_mapped(prefix) || prefix != client::lan_prefix(prefix)) {
    if (auto set = add_discard_route(socket_, prefix); !set) return set;
    undo_.emplace_back([this, prefix] { [[maybe_unused]] const auto ignored = remove_discard_route(socket_, prefix); });
    done_.push_back("unused part of " + to_text(prefix) + " unreachable");
  }
  if (prefix.contains(offer.server_inner)) {
    const auto device = device_index(options_.device);
    if (!device) return std::unexpected(device.error());
    if (auto set = add_tunnel_route(socket_, host_prefix(offer.server_inner), *device); !set) return set;
  }
  if (!options_.lan.empty()) {
    if (auto set = set_up_lan(prefix); !set) return set;
  }
  enable_forwarding(is_mapped(prefix));
  return {};
}

HostSetup::Done HostSetup::set_up_lan(const IPv6Prefix& prefix) {
  const auto lan = device_index(options_.lan);
  if (!lan) return std::unexpected(lan.error());
  const DeviceAddress address = lan_address(prefix);
  const auto added = add_lan_address(socket_, *lan, address);
  if (!added) return std::unexpected(added.error());
  done_.push_back("address " + to_text(IPv6Prefix{address.address, address.length}) + " on " + options_.lan);
  if (*added) {
    undo_.emplace_back([this, device = *lan, address] {
      [[maybe_unused]] const auto ignored = remove_address(socket_, device, address);
    });
  }
  return {};
}

void HostSetup::enable_forwarding(bool ipv4) {
  const std::string version = ipv4 ? "IPv4" : "IPv6";
  const std::string path = ipv4 ? "net/ipv4/ip_forward" : "net/ipv6/conf/all/forwarding";
  const auto before = read_sysctl(path);
  if (before == "1") return;
  if (!before || !write_sysctl(path, "1")) {
    const std::string name = ipv4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
    done_.push_back(version + " forwarding could not be switched on: sysctl -w " + name + "=1");
    return;
  }
  undo_.emplace_back([path, value = *before] { write_sysctl(path, value); });
  done_.push_back(version + " forwarding switched on");
}

}  // namespace tsp::linux_
