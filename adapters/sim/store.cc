// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/store.h"

#include <algorithm>
#include <utility>

namespace tsp::sim {
namespace {

bool is_commit(const StoreOrder& order) {
  return std::holds_alternative<CommitChanges>(order);
}

StoreDone answer(OpId op, StoreStatus status = StoreStatus::Done, std::string detail = {}) {
  return {.op = op, .status = status, .detail = std::move(detail)};
}

bool refuses_reads(StoreFault fault) {
  return fault == StoreFault::Unavailable || fault == StoreFault::Disconnected;
}

}  // namespace

void SimStore::submit(StoreOrder order) {
  pending_.push_back({std::move(order), std::nullopt});
}

std::vector<OpId> SimStore::waiting() const {
  std::vector<OpId> ops;
  for (const Pending& pending : pending_) ops.push_back(op_of(pending.order));
  return ops;
}

bool SimStore::execute(OpId op) {
  const auto target = find(op);
  if (target == pending_.end() || fault_ == StoreFault::Stalled) return false;
  if (is_commit(target->order)) {
    for (auto earlier = pending_.begin(); earlier != target; ++earlier) {
      if (is_commit(earlier->order)) carry_out(*earlier);
    }
  }
  carry_out(*target);
  return true;
}

bool SimStore::report(OpId op) {
  if (!execute(op)) return false;
  const auto target = find(op);
  StoreDone done = std::move(*target->done);
  pending_.erase(target);
  sink_(std::move(done));
  return true;
}

bool SimStore::step() {
  return !pending_.empty() && report(op_of(pending_.front().order));
}

void SimStore::inject(StoreFault fault, std::uint64_t orders) {
  fault_ = orders == 0 ? StoreFault::None : fault;
  faulty_orders_ = orders;
}

std::deque<SimStore::Pending>::iterator SimStore::find(OpId op) {
  return std::ranges::find(pending_, op, [](const Pending& pending) { return op_of(pending.order); });
}

void SimStore::carry_out(Pending& pending) {
  if (pending.done) return;
  const StoreFault fault = meet_fault();
  pending.done = std::visit([&](const auto& order) { return run(order, fault); }, pending.order);
}

StoreFault SimStore::meet_fault() {
  const StoreFault met = fault_;
  if (faulty_orders_ == kForever || faulty_orders_ == 0) return met;
  --faulty_orders_;
  if (faulty_orders_ == 0) fault_ = StoreFault::None;
  return met;
}

template <class Question>
StoreDone SimStore::run(const Question& order, StoreFault fault) const {
  if (refuses_reads(fault)) return answer(order.op, StoreStatus::Unavailable, "the simulated store is away");
  StoreDone done = answer(order.op);
  look_up(order, done);
  return done;
}

void SimStore::look_up(const LoadStore& order, StoreDone& done) const {
  done.snapshot = contents_.load(order.broker);
}

void SimStore::look_up(const FindAccount& order, StoreDone& done) const {
  if (auto record = contents_.find(order.login)) done.accounts.push_back(std::move(*record));
}

void SimStore::look_up(const ListAccounts& order, StoreDone& done) const {
  done.accounts = contents_.list(order.after, order.limit);
}

void SimStore::look_up(const FindEvicted& order, StoreDone& done) const {
  done.snapshot.tunnels = contents_.evicted(order.broker);
  done.snapshot.brokers = contents_.brokers();
}

void SimStore::look_up(const FindTunnels& order, StoreDone& done) const {
  done.snapshot.tunnels = contents_.tunnels_of(order.account);
}

void SimStore::look_up(const FindApiToken& order, StoreDone& done) const {
  if (auto token = contents_.find_token(order.hash)) done.api_tokens.push_back(std::move(*token));
}

void SimStore::look_up(const ListApiTokens& order, StoreDone& done) const {
  done.api_tokens = contents_.tokens(order);
}

void SimStore::look_up(const FindConsoleLogin& order, StoreDone& done) const {
  const auto found = contents_.console_logins().find(order.login);
  if (found != contents_.console_logins().end()) done.console_logins.push_back(found->second);
  if (const ConsoleTotp* totp = contents_.totp_of(order.login)) done.console_totps.push_back(*totp);
}

void SimStore::look_up(const ListConsoleLogins& order, StoreDone& done) const {
  const auto& all = contents_.console_logins();
  for (auto it = all.upper_bound(order.after); it != all.end() && done.console_logins.size() < order.limit; ++it) {
    done.console_logins.push_back(it->second);
  }
}

void SimStore::look_up(const ReadAudit& order, StoreDone& done) const {
  const auto& all = contents_.audit();
  auto it = order.before ? all.lower_bound(*order.before) : all.end();
  while (it != all.begin() && done.audit.size() < order.limit) done.audit.push_back((--it)->second);
}

void SimStore::look_up(const ReadHistory& order, StoreDone& done) const {
  done.history = contents_.read(order);
}

void SimStore::look_up(const ListLeases& order, StoreDone& done) const {
  done.leases = contents_.read(order);
}

StoreDone SimStore::run(const CommitChanges& order, StoreFault fault) {
  switch (fault) {
    case StoreFault::Unavailable:
      return answer(order.op, StoreStatus::Unavailable, "the simulated store is away");
    case StoreFault::ReadOnly:
      return answer(order.op, StoreStatus::Unavailable, "the simulated store is read-only");
    case StoreFault::Deadlocked:
      return answer(order.op, StoreStatus::Unavailable, "the simulated store has chosen this one to end a deadlock");
    case StoreFault::Disconnected:
      odd_one_ = !odd_one_;
      if (odd_one_) contents_.commit(order.changes);
      return answer(order.op, StoreStatus::Unknown, "the simulated store lost the connection");
    case StoreFault::LostAfterDone:
      contents_.commit(order.changes);
      [[fallthrough]];
    case StoreFault::LostBeforeDone:
      return answer(order.op, StoreStatus::Unknown, "the simulated store lost the answer");
    case StoreFault::None:
    case StoreFault::Stalled:
      break;
  }
  StoreContents::Outcome outcome = contents_.commit(order.changes);
  StoreDone done = answer(order.op, outcome.status, std::move(outcome.detail));
  done.occupied = outcome.occupied;
  return done;
}

StoreDone SimStore::run(const ProbeStore& order, StoreFault fault) const {
  if (fault == StoreFault::None || fault == StoreFault::Deadlocked) return answer(order.op);
  return answer(order.op, StoreStatus::Unavailable, "the simulated store cannot be written");
}

}  // namespace tsp::sim
