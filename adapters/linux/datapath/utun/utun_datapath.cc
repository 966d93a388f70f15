// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/utun/utun_datapath.h"

#include <linux/netlink.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <mutex>
#include <utility>

#include "adapters/linux/datapath/pool_routing.h"
#include "adapters/linux/datapath/probe_watch.h"
#include "adapters/linux/datapath/routing_keeper.h"
#include "adapters/linux/datapath/tunnel_checks.h"
#include "adapters/linux/datapath/utun/device.h"
#include "adapters/linux/datapath/utun/events.h"
#include "adapters/linux/datapath/utun/module_counters.h"
#include "adapters/linux/datapath/utun/orders.h"
#include "adapters/linux/datapath/utun/probe_tunnel.h"
#include "adapters/linux/datapath/utun/signalling.h"
#include "adapters/linux/datapath/utun/support.h"
#include "adapters/linux/netlink/link.h"

namespace tsp::linux_ {
namespace {

using Result = std::expected<void, std::string>;

// Whoever removes the device may be about to remove more, or to unload the module.
constexpr std::chrono::milliseconds kDelay{200};
constexpr std::chrono::seconds kDelayAfterFailure{2};

Result check_options(const UtunOptions& options) {
  if (auto valid = check_device_name(options.device); !valid) return valid;
  if (auto valid = check_listen(options.listen); !valid) return valid;
  for (const Endpoint& local : options.listen) {
    if (!local.is_ipv4()) return std::unexpected("utun serves no tunnels over IPv6: " + to_text(local));
  }
  return {};
}

}  // namespace

struct UtunDatapath::Impl : std::enable_shared_from_this<UtunDatapath::Impl> {
  Impl(const UtunOptions& given, asio::io_context& context, Sink to)
      : options(given), io(context), sink(std::move(to)), retry(context) {}

  // ---- opening, in this order
  [[nodiscard]] Result open_sockets(SignallingSink signalling);
  [[nodiscard]] Result open_device();
  // The index of a device that a predecessor has left; 0: there is none. Error: something is in the way.
  [[nodiscard]] std::expected<int, std::string> find_left_device(const RouteSocket& netlink) const;
  [[nodiscard]] Result open_routing(RouteSocket netlink);
  // With everything that goes by the device's index.
  [[nodiscard]] Result attach(const utun::Family& family);
  // The routes of leases belong to tunnels, of which a device that is new has none.
  [[nodiscard]] Result watch_routing();

  // From any thread.
  [[nodiscard]] std::uint64_t routing_repairs();
  [[nodiscard]] bool serves(const TunnelSpec& spec) const;
  [[nodiscard]] PoolRoutingOptions routing_options() const;
  void flush();
  void on_news(const utun::News& news);
  void lose_device();
  [[nodiscard]] Result make_device_again();
  void try_again_in(std::chrono::milliseconds delay);

  const UtunOptions options;
  asio::io_context& io;
  const Sink sink;
  asio::steady_timer retry;
  ProbeWatch probe_watch;
  // Destroyed in reverse order: the device goes before its routes, and both before the sockets.
  std::unique_ptr<utun::SignallingSockets> sockets;
  std::optional<PoolRouting> routing;
  std::unique_ptr<utun::Device> device;
  std::unique_ptr<utun::ModuleCounters> counters;
  std::unique_ptr<utun::ProbeTunnel> probe_tunnel;
  std::unique_ptr<utun::OrderRunner> runner;
  std::unique_ptr<LeaseRoutes> leases;
  std::mutex keeper_mutex;  // of the next two
  std::uint64_t earlier_repairs = 0;
  std::unique_ptr<RoutingKeeper> keeper;
  std::unique_ptr<utun::EventWatch> events;
  std::vector<DatapathOrder> waiting;
  bool device_lost = false;
};

// ---- opening ----------------------------------------------------------------------------------------------------

Result UtunDatapath::Impl::open_sockets(SignallingSink signalling) {
  InheritedDescriptors none;
  InheritedDescriptors& inherited = options.inherited != nullptr ? *options.inherited : none;
  auto opened = utun::SignallingSockets::open(options.listen, io, probe_watch, std::move(signalling), inherited);
  if (!opened) return std::unexpected(opened.error());
  sockets = std::move(*opened);
  return {};
}

PoolRoutingOptions UtunDatapath::Impl::routing_options() const {
  return {.device = options.device,
          .kind = DeviceKind::Utun,
          .device_mtu = options.device_mtu,
          .pools = {{.prefix = options.pool, .server_address = options.server_address}},
          .leases_elsewhere = !options.leases.other_pools.empty()};
}

Result UtunDatapath::Impl::open_device() {
  auto netlink = RouteSocket::open();
  if (!netlink) return std::unexpected(netlink.error());
  const auto left = find_left_device(*netlink);
  if (!left) return std::unexpected(left.error());
  auto channel = NetlinkSocket::open(NETLINK_ROUTE);
  if (!channel) return std::unexpected(channel.error());
  utun::DeviceSettings settings{.name = options.device,
                                .sockets = sockets->descriptors(),
                                .protocol_41 = {},
                                .server_address = options.server_address};
  if (options.protocol_41) settings.protocol_41 = addresses_of(options.listen, true);
  auto opened = utun::Device::open(std::move(*channel), std::move(settings), *left);
  if (!opened) return std::unexpected(opened.error());
  device = std::move(*opened);
  return open_routing(std::move(*netlink));
}

std::expected<int, std::string> UtunDatapath::Impl::find_left_device(const RouteSocket& netlink) const {
  if (auto free = check_host_is_free(netlink, routing_options()); !free) return std::unexpected(free.error());
  const auto left = find_link(netlink, options.device);
  if (!left) return std::unexpected(left.error());
  return *left ? (*left)->index : 0;
}

Result UtunDatapath::Impl::open_routing(RouteSocket netlink) {
  auto established = PoolRouting::establish(std::move(netlink), routing_options());
  if (!established) return std::unexpected(established.error());
  routing.emplace(std::move(*established));
  return {};
}

Result UtunDatapath::Impl::attach(const utun::Family& family) {
  const utun::Target target{.family = family.number, .device = device->index()};
  auto watch = utun::EventWatch::open(family.events, target.device, runner->port(), io,
                                      [weak = weak_from_this()](const utun::News& news) {
                                        if (const auto self = weak.lock()) self->on_news(news);
                                      });
  if (!watch) return std::unexpected(watch.error());
  events = std::move(*watch);
  counters->aim(target);
  probe_tunnel->aim(target);
  runner->aim(target);
  return {};
}

Result UtunDatapath::Impl::watch_routing() {
  auto netlink = RouteSocket::open();
  if (!netlink) return std::unexpected(netlink.error());
  auto routes = std::make_unique<LeaseRoutes>(std::move(*netlink), routing->device(), options.leases);
  auto opened = RoutingKeeper::open(*routing, *routes, io);
  if (!opened) return std::unexpected(opened.error());
  const std::lock_guard lock(keeper_mutex);
  if (keeper) earlier_repairs += keeper->repairs();
  keeper = std::move(*opened);
  leases = std::move(routes);
  return {};
}

std::uint64_t UtunDatapath::Impl::routing_repairs() {
  const std::lock_guard lock(keeper_mutex);
  return earlier_repairs + keeper->repairs();
}

std::expected<std::unique_ptr<UtunDatapath>, std::string> UtunDatapath::open(const UtunOptions& options,
                                                                             asio::io_context& io, Sink sink,
                                                                             SignallingSink signalling) {
  if (auto valid = check_options(options); !valid) return std::unexpected(valid.error());
  const auto family = utun::find_module();
  if (!family) return std::unexpected(family.error());
  auto impl = std::make_shared<Impl>(options, io, std::move(sink));
  auto for_orders = NetlinkSocket::open(NETLINK_GENERIC);
  auto for_counters = NetlinkSocket::open(NETLINK_GENERIC);
  auto for_probes = NetlinkSocket::open(NETLINK_GENERIC);
  for (const auto* socket : {&for_orders, &for_counters, &for_probes}) {
    if (!*socket) return std::unexpected(socket->error());
  }
  impl->runner = std::make_unique<utun::OrderRunner>(
      std::move(*for_orders), [raw = impl.get()](const TunnelSpec& spec) { return raw->serves(spec); });
  impl->counters = std::make_unique<utun::ModuleCounters>(std::move(*for_counters));
  impl->probe_tunnel = std::make_unique<utun::ProbeTunnel>(std::move(*for_probes), options.listen.front(),
                                                           options.server_address, impl->probe_watch);
  Result done = impl->open_sockets(std::move(signalling));
  if (done) done = impl->open_device();
  if (done) done = impl->attach(*family);
  if (done) done = impl->watch_routing();
  if (!done) return std::unexpected(done.error());
  impl->sockets->start();
  return std::unique_ptr<UtunDatapath>(new UtunDatapath(std::move(impl)));
}

UtunDatapath::UtunDatapath(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

UtunDatapath::~UtunDatapath() = default;

// ---- orders -----------------------------------------------------------------------------------------------------

bool UtunDatapath::Impl::serves(const TunnelSpec& spec) const {
  const Endpoint& local = spec.path.local;
  if (spec.type == TunnelType::V6UdpV4) return sockets->serves(local);
  if (spec.type != TunnelType::V6V4 || !options.protocol_41) return false;
  return std::ranges::any_of(options.listen, [&](const Endpoint& served) {
    return is_any(served.address) || served.address == local.address;
  });
}

// Orders that come in one turn of the main thread go to the module together.
void UtunDatapath::submit(DatapathOrder order) {
  Impl& impl = *impl_;
  const auto probe = impl.probe_tunnel->id();
  auto* install = std::get_if<InstallTunnel>(&order);
  if (probe && install != nullptr && install->replaces.size() < utun::kReplacesMax) install->replaces.push_back(*probe);
  impl.waiting.push_back(std::move(order));
  if (impl.waiting.size() > 1) return;
  asio::post(impl.io, [weak = impl.weak_from_this()] {
    if (const auto self = weak.lock()) self->flush();
  });
}

void UtunDatapath::Impl::flush() {
  const std::vector<DatapathOrder> orders = std::exchange(waiting, {});
  std::vector<DatapathDone> completions = runner->run(orders);
  for (std::size_t i = 0; i < completions.size(); ++i) leases->follow(orders[i], completions[i]);
  for (DatapathDone& done : completions) sink(std::move(done));
  if (runner->device_is_gone()) lose_device();
}

// ---- what the kernel tells --------------------------------------------------------------------------------------

void UtunDatapath::Impl::on_news(const utun::News& news) {
  for (const TunnelId id : news.confirmed) sink(TunnelConfirmed{id});
  if (news.device_gone) {
    lose_device();
  } else if (news.tunnels_lost) {
    sink(DatapathReset{});
  }
}

void UtunDatapath::Impl::lose_device() {
  if (std::exchange(device_lost, true)) return;
  runner->aim(std::nullopt);
  try_again_in(kDelay);
}

void UtunDatapath::Impl::try_again_in(std::chrono::milliseconds delay) {
  retry.expires_after(delay);
  retry.async_wait([weak = weak_from_this()](const asio::error_code& error) {
    const auto self = weak.lock();
    if (!self || error) return;
    if (!self->make_device_again()) {
      self->try_again_in(kDelayAfterFailure);
      return;
    }
    self->device_lost = false;
    self->sink(DatapathReset{});
  });
}

// When a part of it fails, the next attempt goes on with the device that is there.
Result UtunDatapath::Impl::make_device_again() {
  const auto family = utun::find_module();
  if (!family) return std::unexpected(family.error());
  const auto netlink = RouteSocket::open();
  if (!netlink) return std::unexpected(netlink.error());
  if (!device->is_there()) {
    const auto left = find_left_device(*netlink);
    if (!left) return std::unexpected(left.error());
    if (auto done = device->make_again(*left); !done) return done;
  }
  Result done = routing->establish_again();
  if (done) done = attach(*family);
  if (done) done = watch_routing();
  return done;
}

// ---- the rest ---------------------------------------------------------------------------------------------------

void UtunDatapath::send(const FourTuple& path, ByteView payload) {
  impl_->sockets->send(path, payload);
}

DatapathCounters UtunDatapath::counters() const {
  DatapathCounters sum = impl_->counters->read();
  impl_->sockets->add_to(sum);
  sum.routing_repairs = impl_->routing_repairs();
  return sum;
}

void UtunDatapath::clamp_mss(bool wanted) {
  impl_->device->clamp_mss(wanted);
}

void UtunDatapath::watch_for_probes(std::uint64_t token) {
  impl_->probe_watch.begin(token);
  if (token != 0) {
    impl_->probe_tunnel->begin();
  } else {
    impl_->probe_tunnel->end();
  }
}

std::uint64_t UtunDatapath::probes_seen() {
  impl_->probe_tunnel->look();
  return impl_->probe_watch.seen();
}

bool UtunDatapath::inject(ByteView packet) {
  return impl_->probe_tunnel->inject(packet);
}

}  // namespace tsp::linux_
