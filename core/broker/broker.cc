// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "core/broker/impl.h"

namespace tsp {
namespace {

constexpr std::size_t kBucketsMax = 65536;
constexpr std::uint64_t kIdBits = 53;

}  // namespace

Broker::Impl::Impl(std::shared_ptr<const BrokerConfig> initial_config, const Seed& seed, Now start)
    : config_(std::move(initial_config)),
      now_(start),
      random_(seed),
      pools_(config_->pool, config_->ipv4_pool),
      hello_per_source_(config_->hello_per_source, kBucketsMax),
      hello_per_network_(config_->hello_per_network, kBucketsMax),
      auth_failures_per_source_(config_->auth_failures_per_source, kBucketsMax),
      auth_failures_per_account_(config_->auth_failures_per_account, kBucketsMax),
      redirects_per_source_(redirect_limit(*config_), kBucketsMax),
      redirects_per_account_(redirect_limit(*config_), kBucketsMax) {
  for (const EndReason reason : kEndReasons) ended_[reason] = 0;
  for (const wire::Status status : wire::kStatuses) replies_[static_cast<unsigned>(status)] = 0;
  for (const wire::Status status : {wire::Status::NoMoreTunnels, wire::Status::ServerBusy}) {
    replies_[wire::kRedirectBase + static_cast<unsigned>(status)] = 0;
  }
  load();
}

void Broker::Impl::handle(Now now, const Fact& fact) {
  if (stopped_) return;
  now_.mono = std::max(now_.mono, now.mono);
  now_.wall = now.wall;
  std::visit([this](const auto& known) { on(known); }, fact);
  settle();
}

void Broker::Impl::advance(Now now) {
  if (stopped_) return;
  now_.mono = std::max(now_.mono, now.mono);
  now_.wall = now.wall;
  while (auto then = ledger_.take_given_up(now_.mono)) {
    (*then)(StoreDone{.status = StoreStatus::Unavailable, .detail = "no answer in time"});
  }
  submit_ready();
  expire_sessions();
  expire_tunnels();
  send_late_replies();
  end_quarantines();
  probe_store();
  check_takeovers();
  compare_again_if_due();
  settle();
}

// What a fact has made possible elsewhere.
void Broker::Impl::settle() {
  retry_deferred();
  while (!runnable_streams_.empty()) pump(*runnable_streams_.begin());
  end_drain_if_due();
  // What a store that is away was not told, the next start finds out by itself.
  const std::size_t awaited = store_available_ ? ledger_.size() : ledger_.in_flight();
  if (stopping_ && awaited == 0 && !probe_) {
    stopped_ = true;
    order(Stopped{});
  }
}

std::optional<Instant> Broker::Impl::next_deadline() const {
  if (stopped_) return std::nullopt;
  std::optional<Instant> next = ledger_.next_give_up();
  const auto consider = [&next](std::optional<Instant> other) {
    if (other && (!next || *other < *next)) next = other;
  };
  consider(sessions_.next_deadline());
  consider(idle_deadlines_.next());
  consider(late_replies_.next());
  consider(probe_at_);
  consider(drain_end());
  consider(next_takeover_check());
  if (!stopping_) consider(compare_again_at_);
  if (const auto end = pools_.next_quarantine_end(); end && !quarantines_ending_ && ready_) {
    // The wall clock may be stepped: look at it at least once a minute.
    const Duration wait = std::clamp<Duration>(*end - now_.wall, std::chrono::seconds(1), std::chrono::minutes(1));
    consider(now_.mono + wait);
  }
  return next;
}

void Broker::Impl::on(const ConfigChanged& fact) {
  config_ = fact.config;
  pools_.change_layouts(config_->pool, config_->ipv4_pool);
  hello_per_source_.set_limit(config_->hello_per_source);
  hello_per_network_.set_limit(config_->hello_per_network);
  auth_failures_per_source_.set_limit(config_->auth_failures_per_source);
  auth_failures_per_account_.set_limit(config_->auth_failures_per_account);
  redirects_per_source_.set_limit(redirect_limit(*config_));
  redirects_per_account_.set_limit(redirect_limit(*config_));
}

void Broker::Impl::on(const StopRequested& /*fact*/) {
  if (!std::exchange(stopping_, true) && ready_) announce(std::nullopt);
  std::vector<SessionId> streams;
  for (const auto& [id, session] : sessions_.all()) {
    if (session.transport == session::Transport::Stream) streams.push_back(id);
  }
  for (const SessionId id : streams) hang_up(*sessions_.find(id));
}

std::uint64_t Broker::Impl::fresh_id() {
  return random_.between(1, (std::uint64_t{1} << kIdBits) - 1);
}

StatusView Broker::Impl::status() const {
  StatusView view{
      .counters = counters_,
      .ready = ready_,
      .store_available = store_available_,
      .store_detail = store_detail_,
      .datapath_failed = repair_failed_,
      .claims = pools_.claims(),
      .quarantined = pools_.quarantined(),
      .operations = ledger_.size() + removals_.size() + outdated_records_.size() + (compare_again_at_ ? 1 : 0),
      .drain = drain_view(),
      .ipv6_pool = pool_view(TunnelType::V6V4),
      .tunnels_ended = ended_,
      .replies = replies_};
  if (config_->ipv4_pool) view.ipv4_pool = pool_view(TunnelType::V4V6);
  for (const TunnelType type : {TunnelType::V6UdpV4, TunnelType::V6V4, TunnelType::V4V6}) {
    view.tunnels.push_back({.type = type,
                            .installing = tunnels_.count(type, tunnel::TunnelState::Installing),
                            .active = tunnels_.count(type, tunnel::TunnelState::Active),
                            .removing = tunnels_.count(type, tunnel::TunnelState::Removing)});
  }
  view.counters.sessions_now = sessions_.size();
  view.counters.streams_now = sessions_.streams();
  view.counters.tunnels_now = tunnels_.size();
  return view;
}

PoolView Broker::Impl::pool_view(TunnelType type) const {
  const pool::Pool& pool = pools_.of(type);
  PoolView view{.layout = pool.layout(),
                .claims = pool.claims(),
                .quarantined = pool.quarantined(),
                .hosts_available = pool.hosts_available(),
                .anonymous_available = pool.anonymous_available()};
  const bool ipv4 = carries_ipv4(type);
  const PrefixLimits& limits = ipv4 ? config_->ipv4_prefix_limits : config_->prefix_limits;
  for (std::uint8_t length = limits.shortest; length <= limits.longest; ++length) {
    const unsigned mapped_length = length + (ipv4 ? kMappedLength : 0U);
    view.prefixes_available[length] = pool.delegations_available(mapped_length);
    if (const auto next = pool.choose_delegation(mapped_length)) view.prefixes_next[length] = *next;
  }
  return view;
}

// ---- the public face ------------------------------------------------------------------------------------------

Broker::Broker(std::shared_ptr<const BrokerConfig> config, const Seed& seed, Now start)
    : impl_(std::make_unique<Impl>(std::move(config), seed, start)) {}

Broker::~Broker() = default;

void Broker::handle(Now now, const Fact& fact) {
  impl_->handle(now, fact);
}

void Broker::advance(Now now) {
  impl_->advance(now);
}

std::optional<Order> Broker::poll() {
  if (impl_->orders_.empty()) return std::nullopt;
  Order next = std::move(impl_->orders_.front());
  impl_->orders_.pop_front();
  return next;
}

std::optional<Instant> Broker::next_deadline() const {
  return impl_->next_deadline();
}

void Broker::check_invariants() const {
  impl_->check_invariants();
}

std::uint64_t Broker::state_hash() const {
  return impl_->state_hash();
}

StatusView Broker::status() const {
  return impl_->status();
}

}  // namespace tsp
