// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/tun_datapath.h"

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <utility>

#include "adapters/linux/datapath/counter.h"
#include "adapters/linux/datapath/routing_keeper.h"
#include "adapters/linux/datapath/tun/forwarding_plane.h"
#include "adapters/linux/datapath/tunnel_checks.h"
#include "adapters/linux/net/clock.h"

namespace tsp::linux_ {
namespace {

// Signalling datagrams handed over in a row, before whatever else waits on the main thread has its turn.
constexpr std::size_t kDatagramsPerTurn = 128;

}  // namespace

struct TunDatapath::Impl : std::enable_shared_from_this<TunDatapath::Impl> {
  Impl(std::unique_ptr<ForwardingPlane> opened, std::unique_ptr<LeaseRoutes> opened_leases,
       std::unique_ptr<RoutingKeeper> opened_keeper, asio::io_context& context, Sink to, SignallingSink to_signalling)
      : plane(std::move(opened)),
        leases(std::move(opened_leases)),
        keeper(std::move(opened_keeper)),
        io(context),
        sink(std::move(to)),
        signalling(std::move(to_signalling)),
        event(context, plane->shared().reports.event()) {}
  ~Impl() { event.release(); }

  DatapathDone execute(const InstallTunnel& order);
  DatapathDone execute(const RemoveTunnel& order);
  DatapathDone execute(const ListTunnels& order);
  DatapathDone execute(const QueryUsage& order);
  void report_later(Report report);
  void wait_for_reports();
  void take_reports();
  void pass_datagrams();
  // Runs `work` in a later turn of the io_context, unless the datapath is closed until then.
  template <class Work>
  void post(Work work);

  std::unique_ptr<ForwardingPlane> plane;
  std::unique_ptr<LeaseRoutes> leases;
  std::unique_ptr<RoutingKeeper> keeper;
  asio::io_context& io;
  Sink sink;
  SignallingSink signalling;
  asio::posix::stream_descriptor event;  // owned by the plane
  ReportBatch batch;
  std::size_t passed = 0;  // datagrams of the batch that were handed over
  Counter refused_replies;
};

DatapathDone TunDatapath::Impl::execute(const InstallTunnel& order) {
  DatapathDone done{.op = order.op, .detail = {}, .tunnels = {}, .usages = {}};
  const auto listener = plane->listener_of(order.spec.path.local);
  if (!is_consistent(order.spec) || !listener) {
    done.status = DatapathStatus::Failed;
    done.detail = "no socket serves " + to_text(order.spec.path.local) + " for this type of tunnel";
    return done;
  }
  done.status = plane->shared().table.install(order.spec, order.replaces, *listener, read_clock().mono);
  if (done.status == DatapathStatus::Conflict) done.detail = "its addresses or its path belong to another tunnel";
  return done;
}

DatapathDone TunDatapath::Impl::execute(const RemoveTunnel& order) {
  DatapathDone done{.op = order.op, .detail = {}, .tunnels = {}, .usages = {}};
  ForwardingTable& table = plane->shared().table;
  const Tunnel* tunnel = table.find(order.id);
  if (tunnel != nullptr && order.unless_seen_since && tunnel->used_since(*order.unless_seen_since)) {
    done.status = DatapathStatus::Refused;
    done.detail = "the tunnel is in use";
  } else {
    table.remove(order.id);
  }
  return done;
}

DatapathDone TunDatapath::Impl::execute(const ListTunnels& order) {
  return {.op = order.op, .detail = {}, .tunnels = plane->shared().table.list(), .usages = {}};
}

DatapathDone TunDatapath::Impl::execute(const QueryUsage& order) {
  DatapathDone done{.op = order.op, .detail = {}, .tunnels = {}, .usages = {}};
  for (const TunnelId id : order.ids) {
    if (const Tunnel* tunnel = plane->shared().table.find(id)) done.usages.push_back(tunnel->usage());
  }
  return done;
}

template <class Work>
void TunDatapath::Impl::post(Work work) {
  asio::post(io, [weak = weak_from_this(), work = std::move(work)]() mutable {
    if (const auto self = weak.lock()) work(*self);
  });
}

void TunDatapath::Impl::report_later(Report report) {
  post([report = std::move(report)](Impl& self) mutable { self.sink(std::move(report)); });
}

void TunDatapath::Impl::wait_for_reports() {
  event.async_wait(asio::posix::stream_descriptor::wait_read, [weak = weak_from_this()](const asio::error_code& error) {
    const auto self = weak.lock();
    if (self && !error) self->take_reports();
  });
}

void TunDatapath::Impl::take_reports() {
  batch.clear();
  passed = 0;
  plane->shared().reports.take(batch);
  for (const TunnelId id : batch.confirmed) sink(TunnelConfirmed{id});
  if (batch.confirmations_lost) sink(DatapathReset{});
  pass_datagrams();
}

void TunDatapath::Impl::pass_datagrams() {
  const std::size_t end = std::min(passed + kDatagramsPerTurn, batch.datagrams.size());
  ProbeWatch& probes = plane->shared().probes;
  for (; passed < end; ++passed) {
    const ReportBatch::Datagram& datagram = batch.datagrams[passed];
    const ByteView payload = batch.payload(datagram);
    if (probes.active() && probes.note(dataplane::read_probe_payload(payload))) continue;
    signalling(datagram.path, payload);
  }
  if (passed < batch.datagrams.size()) {
    post([](Impl& self) { self.pass_datagrams(); });
  } else {
    wait_for_reports();
  }
}

std::expected<std::unique_ptr<TunDatapath>, std::string> TunDatapath::open(const TunOptions& options,
                                                                           asio::io_context& io, Sink sink,
                                                                           SignallingSink signalling) {
  auto plane = ForwardingPlane::open(options);
  if (!plane) return std::unexpected(plane.error());
  auto socket = RouteSocket::open();
  if (!socket) return std::unexpected(socket.error());
  auto leases = std::make_unique<LeaseRoutes>(std::move(*socket), (*plane)->routing().device(), options.leases);
  auto keeper = RoutingKeeper::open((*plane)->routing(), *leases, io);
  if (!keeper) return std::unexpected(keeper.error());
  auto impl = std::make_shared<Impl>(std::move(*plane), std::move(leases), std::move(*keeper), io, std::move(sink),
                                     std::move(signalling));
  impl->wait_for_reports();
  return std::unique_ptr<TunDatapath>(new TunDatapath(std::move(impl)));
}

TunDatapath::TunDatapath(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

TunDatapath::~TunDatapath() = default;

void TunDatapath::submit(DatapathOrder order) {
  DatapathDone done = std::visit([this](const auto& which) { return impl_->execute(which); }, order);
  impl_->leases->follow(order, done);
  impl_->report_later(std::move(done));
}

void TunDatapath::send(const FourTuple& path, ByteView payload) {
  if (!impl_->plane->send(path, payload)) impl_->refused_replies.add();
}

DatapathCounters TunDatapath::counters() const {
  DatapathCounters sum = impl_->plane->counters();
  sum.drops[static_cast<std::size_t>(dataplane::DropReason::SendFailed)] += impl_->refused_replies.value();
  sum.routing_repairs = impl_->keeper->repairs();
  return sum;
}

void TunDatapath::clamp_mss(bool wanted) {
  impl_->plane->shared().mss_clamp.store(wanted, std::memory_order_relaxed);
}

void TunDatapath::watch_for_probes(std::uint64_t token) {
  impl_->plane->shared().probes.begin(token);
}

std::uint64_t TunDatapath::probes_seen() {
  return impl_->plane->shared().probes.seen();
}

std::vector<NamedDescriptor> TunDatapath::descriptors() const {
  return impl_->plane->descriptors();
}

std::expected<void, std::string> TunDatapath::begin_forwarding() {
  return impl_->plane->begin();
}

bool TunDatapath::inject(ByteView packet) {
  return impl_->plane->inject(packet);
}

}  // namespace tsp::linux_
