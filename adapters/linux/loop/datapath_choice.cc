// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/datapath_choice.h"

#include <utility>

#include "adapters/linux/datapath/tun/tun_datapath.h"
#include "adapters/linux/datapath/utun/support.h"
#include "adapters/linux/datapath/utun/utun_datapath.h"
#include "adapters/linux/loop/preflight.h"

namespace tsp::linux_ {
namespace {

using Opened = std::expected<std::unique_ptr<HostDatapath>, StartError>;

StartError at_network(std::string line) {
  return {ExitCode::Network, std::move(line)};
}

LeaseRoutesPolicy lease_routes_of(const DaemonConfig& config) {
  return {.other_pools = config.broker.other_pools, .all = config.broker.route_all_leases};
}

Opened open_tun(const DaemonConfig& config, asio::io_context& io, const port::Datapath::Sink& sink,
                const HostDatapath::SignallingSink& signalling, InheritedDescriptors& inherited) {
  if (auto fault = find_tun_fault()) return std::unexpected(std::move(*fault));
  const TunOptions options{.device = config.datapath.device,
                           .listen = config.listen,
                           .workers = config.datapath.workers,
                           .device_mtu = config.datapath.device_mtu,
                           .pool = config.broker.pool.prefix,
                           .server_address = config.broker.pool.server_address,
                           .ipv4_pool = port::ipv4_pool_of(config.broker),
                           .leases = lease_routes_of(config),
                           .protocol_41 = config.broker.serves(TunnelType::V6V4),
                           .inherited = &inherited,
                           .offloads = config.datapath.offloads};
  auto opened = TunDatapath::open(options, io, sink, signalling);
  if (!opened) return std::unexpected(at_network(std::move(opened.error())));
  return std::move(*opened);
}

Opened open_utun(const DaemonConfig& config, asio::io_context& io, const port::Datapath::Sink& sink,
                 const HostDatapath::SignallingSink& signalling, InheritedDescriptors& inherited) {
  const UtunOptions options{.device = config.datapath.device,
                            .listen = config.listen,
                            .device_mtu = config.datapath.device_mtu,
                            .pool = config.broker.pool.prefix,
                            .server_address = config.broker.pool.server_address,
                            .leases = lease_routes_of(config),
                            .protocol_41 = config.broker.serves(TunnelType::V6V4),
                            .inherited = &inherited};
  auto opened = UtunDatapath::open(options, io, sink, signalling);
  if (!opened) return std::unexpected(at_network(std::move(opened.error())));
  return std::move(*opened);
}

}  // namespace

std::string name(DatapathType type) {
  switch (type) {
    case DatapathType::Auto:
      return "auto";
    case DatapathType::Tun:
      return "tun";
    case DatapathType::Utun:
      return "utun";
  }
  std::unreachable();
}

std::expected<DatapathChoice, std::string> choose_datapath(const DaemonConfig& config, const FindModule& find_module) {
  const DatapathType wanted = config.datapath.type;
  if (wanted == DatapathType::Tun) return DatapathChoice{DatapathType::Tun, "datapath.type says so"};
  if (config.broker.serves(TunnelType::V4V6)) {
    return DatapathChoice{DatapathType::Tun, "utun has no v4v6 tunnels, which tunnel.types names"};
  }
  const auto found = find_module();
  if (wanted == DatapathType::Utun) {
    if (!found) return std::unexpected("datapath.type: " + found.error());
    return DatapathChoice{DatapathType::Utun, "datapath.type says so"};
  }
  if (!found) return DatapathChoice{DatapathType::Tun, found.error()};
  return DatapathChoice{DatapathType::Utun, "the kernel has the module utun"};
}

std::expected<ChosenDatapath, StartError> open_datapath(const DaemonConfig& config, asio::io_context& io,
                                                        const port::Datapath::Sink& sink,
                                                        const HostDatapath::SignallingSink& signalling,
                                                        InheritedDescriptors& inherited) {
  auto choice = choose_datapath(config, []() -> std::expected<void, std::string> {
    auto found = utun::find_module();
    if (!found) return std::unexpected(std::move(found.error()));
    return {};
  });
  if (!choice) return std::unexpected(StartError{ExitCode::Host, std::move(choice.error())});
  Opened opened = choice->type == DatapathType::Utun ? open_utun(config, io, sink, signalling, inherited)
                                                     : open_tun(config, io, sink, signalling, inherited);
  if (!opened && choice->type == DatapathType::Utun && config.datapath.type == DatapathType::Auto) {
    *choice = {DatapathType::Tun, "utun could not be used: " + opened.error().line};
    opened = open_tun(config, io, sink, signalling, inherited);
  }
  if (!opened) return std::unexpected(std::move(opened.error()));
  return ChosenDatapath{std::move(*choice), std::move(*opened)};
}

}  // namespace tsp::linux_
