// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/daemon_parts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "adapters/linux/loop/datapath_choice.h"
#include "adapters/linux/loop/open_store.h"
#include "adapters/linux/loop/preflight.h"
#include "adapters/linux/netlink/host_checks.h"

namespace tsp::linux_ {
namespace {

// Descriptors for everything but TCP clients.
constexpr std::size_t kReservedDescriptors = 256;

template <class T>
std::expected<std::unique_ptr<T>, StartError> or_error(std::expected<std::unique_ptr<T>, std::string> opened,
                                                       ExitCode code) {
  if (!opened) return std::unexpected(StartError{code, std::move(opened.error())});
  return std::move(*opened);
}

// Keeps what was opened; returns what is to be reported.
template <class T>
std::optional<StartError> keep(T& place, std::expected<T, StartError> opened) {
  if (!opened) return std::move(opened.error());
  place = std::move(*opened);
  return std::nullopt;
}

void add_datapath(ChosenDatapath chosen, const DaemonConfig& config, const DaemonSinks& sinks, DaemonParts& parts) {
  HostDatapath& opened = *chosen.datapath;
  parts.datapath_name = name(chosen.choice.type);
  parts.datapath_reason = std::move(chosen.choice.reason);
  parts.send = [&opened](const FourTuple& path, ByteView payload) { opened.send(path, payload); };
  parts.clamp_mss = [&opened](bool wanted) { opened.clamp_mss(wanted); };
  parts.datapath_counters = [&opened] { return opened.counters(); };
  parts.descriptors = [&opened] { return opened.descriptors(); };
  parts.begin_forwarding = [&opened] { return opened.begin_forwarding(); };
  SelfTestOptions self_test{
      .device = config.datapath.device, .listen = config.listen, .server_address = config.broker.pool.server_address};
  if (const auto ipv4_pool = port::ipv4_pool_of(config.broker))
    self_test.ipv4_server_address = ipv4_pool->server_address;
  parts.self_test = std::make_unique<SelfTester>(std::move(self_test), opened, sinks.unused_addresses);
  parts.datapath = std::move(chosen.datapath);
}

}  // namespace

std::expected<std::unique_ptr<dns::DnsKeeper>, StartError> open_dns(const DaemonConfig& config, asio::io_context& io) {
  const DnsSettings& wanted = config.dns;
  if (!wanted.on()) return nullptr;
  const dns::KeeperOptions options{.zones = wanted.zones,
                                   .limits = {.ttl_seconds = wanted.ttl_seconds, .owners_max = wanted.accounts_max}};
  if (!wanted.server) return dns::keep_in_files(io, wanted.fragment_folder, options);
  auto key = dns::load_tsig_key(wanted.key_file);
  if (!key) return std::unexpected(StartError{ExitCode::Configuration, "dns.key_file: " + key.error()});
  return or_error(dns::keep_at_server(io, *wanted.server, std::move(*key), options), ExitCode::Configuration);
}

std::expected<std::unique_ptr<TcpListener>, StartError> open_tcp(const DaemonConfig& config, asio::io_context& io,
                                                                 const TcpListener::Sink& sink,
                                                                 InheritedDescriptors& inherited) {
  TcpOptions options{.listen = config.listen};
  options.inherited = &inherited;
  options.connections_max = std::max(raise_descriptor_limit(), 2 * kReservedDescriptors) - kReservedDescriptors;
  return or_error(TcpListener::open(options, io, sink), ExitCode::Network);
}

std::expected<std::unique_ptr<ControlServer>, StartError> open_control(const DaemonConfig& config) {
  return or_error(ControlServer::open(config.control_socket), ExitCode::Host);
}

std::expected<std::unique_ptr<UpdateServer>, StartError> open_update(const DaemonConfig& config) {
  const UpdateSettings& update = config.update;
  if (update.listen.empty()) return nullptr;
  return or_error(UpdateServer::open({.listen = update.listen,
                                      .certificate = update.certificate,
                                      .private_key = update.private_key,
                                      .trusted_proxies = update.trusted_proxies,
                                      .connections_max = update.connections_max,
                                      .connections_per_source_max = update.connections_per_source_max,
                                      .requests_per_source = update.requests_per_source}),
                  ExitCode::Network);
}

std::expected<std::unique_ptr<ApiServer>, StartError> open_api(const DaemonConfig& config) {
  if (config.api.listen.empty()) return nullptr;
  return or_error(ApiServer::open(config.api), ExitCode::Network);
}

std::expected<std::unique_ptr<HttpServer>, StartError> open_metrics(const DaemonConfig& config) {
  if (config.metrics.listen.empty()) return nullptr;
  HttpServerOptions options;
  options.section = "metrics";
  options.listen = config.metrics.listen;
  return or_error(HttpServer::open(options), ExitCode::Network);
}

std::expected<DaemonParts, StartError> open_host_parts(const DaemonConfig& config, asio::io_context& io,
                                                       const DaemonSinks& sinks, InheritedDescriptors& inherited) {
  if (auto obstacle = find_obstacle()) return std::unexpected(std::move(*obstacle));
  DaemonParts parts;
  ChosenDatapath datapath;
  // The control socket first: it tells whether another tspd is running. The store last: a new database is not left
  // behind by a tspd that could not start.
  auto error = keep(parts.dns, open_dns(config, io));
  if (!error) error = keep(parts.control, open_control(config));
  if (!error) error = keep(datapath, open_datapath(config, io, sinks.datapath, sinks.signalling, inherited));
  if (!error) error = keep(parts.tcp, open_tcp(config, io, sinks.tcp, inherited));
  if (!error) error = keep(parts.update, open_update(config));
  if (!error) error = keep(parts.metrics, open_metrics(config));
  if (!error) error = keep(parts.api, open_api(config));
  if (!error) error = open_store(config, sinks.store, parts);
  if (error) return std::unexpected(std::move(*error));
  add_datapath(std::move(datapath), config, sinks, parts);
  parts.time = std::make_unique<HostTime>(io);
  std::ranges::move(host_warnings(), std::back_inserter(parts.warnings));
  if (port::ipv4_pool_of(config.broker)) std::ranges::move(ipv4_host_warnings(), std::back_inserter(parts.warnings));
  return parts;
}

}  // namespace tsp::linux_
