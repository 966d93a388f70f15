// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/routing_keeper.h"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>

#include "adapters/linux/datapath/counter.h"
#include "adapters/linux/netlink/change_watch.h"

namespace tsp::linux_ {
namespace {

// A manager that is restarted removes many things one after the other.
constexpr std::chrono::milliseconds kDelay{200};
constexpr std::chrono::seconds kDelayAfterFailure{5};

}  // namespace

struct RoutingKeeper::Impl : std::enable_shared_from_this<RoutingKeeper::Impl> {
  Impl(ChangeWatch opened, const PoolRouting& kept_pools, const LeaseRoutes& kept_leases, asio::io_context& io)
      : watch(std::move(opened)), pools(kept_pools), leases(kept_leases), changes(io, watch.fd()), timer(io) {}
  ~Impl() { changes.release(); }

  void wait_for_change();
  void repair_in(std::chrono::milliseconds delay);

  ChangeWatch watch;
  const PoolRouting& pools;
  const LeaseRoutes& leases;
  asio::posix::stream_descriptor changes;  // owned by `watch`
  asio::steady_timer timer;
  bool repair_planned = false;
  Counter repairs;
};

void RoutingKeeper::Impl::wait_for_change() {
  changes.async_wait(asio::posix::stream_descriptor::wait_read,
                     [weak = weak_from_this()](const asio::error_code& error) {
                       const auto self = weak.lock();
                       if (!self || error) return;
                       if (self->watch.changed() && !self->repair_planned) self->repair_in(kDelay);
                       self->wait_for_change();
                     });
}

void RoutingKeeper::Impl::repair_in(std::chrono::milliseconds delay) {
  repair_planned = true;
  timer.expires_after(delay);
  timer.async_wait([weak = weak_from_this()](const asio::error_code& error) {
    const auto self = weak.lock();
    if (!self || error) return;
    self->repair_planned = false;
    const auto pools_repaired = self->pools.repair();
    const auto leases_repaired = self->leases.repair();
    if (!pools_repaired || !leases_repaired) return self->repair_in(kDelayAfterFailure);
    if (*pools_repaired || *leases_repaired) self->repairs.add();
  });
}

std::expected<std::unique_ptr<RoutingKeeper>, std::string> RoutingKeeper::open(const PoolRouting& pools,
                                                                               const LeaseRoutes& leases,
                                                                               asio::io_context& io) {
  auto watch = ChangeWatch::open(pools.device());
  if (!watch) return std::unexpected(watch.error());
  auto impl = std::make_shared<Impl>(std::move(*watch), pools, leases, io);
  impl->wait_for_change();
  return std::unique_ptr<RoutingKeeper>(new RoutingKeeper(std::move(impl)));
}

RoutingKeeper::RoutingKeeper(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

RoutingKeeper::~RoutingKeeper() = default;

std::uint64_t RoutingKeeper::repairs() const {
  return impl_->repairs.value();
}

}  // namespace tsp::linux_
