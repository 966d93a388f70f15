// SPDX-License-Identifier: Apache-2.0
//
// Orders to the store outlive its absence: what somebody waits for is held until his patience ends, what must
// happen is repeated until it has. Every commit says what shall be, so that repeating one whose outcome is unknown
// is the way to read it back.
#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/broker/impl.h"

namespace tsp {

void Broker::Impl::ask_store(StoreOrder what, broker::StoreContinuation then, std::optional<Instant> give_up) {
  // Whoever has waited for its turn for too long gives up at once; but no deadline lies in the past.
  if (give_up) give_up = std::max(*give_up, now_.mono);
  ledger_.begin(std::move(what), std::move(then), give_up);
  submit_ready();
}

void Broker::Impl::submit_ready() {
  if (!store_available_) return;
  while (auto next = ledger_.take_ready()) order(std::move(*next));
}

void Broker::Impl::commit_for_good(std::vector<StoreChange> changes, std::function<void()> then) {
  auto settled = [this, then = std::move(then)](const StoreDone& done) {
    if (then) then();
    if (done.status == StoreStatus::Done) return;
    // Refused: somebody else changed the same rows. Nothing is lost that a restart would not repair.
    report(Event{.code = EventCode::Reconciled, .detail = "the store refused a clean-up: " + done.detail});
  };
  ask_store(CommitChanges{.op = {}, .changes = std::move(changes)}, std::move(settled), std::nullopt);
}

void Broker::Impl::on(const StoreDone& fact) {
  if (probe_ == fact.op) return on_probed(fact);
  if (ledger_.find_store(fact.op) == nullptr) return;
  if (fact.status == StoreStatus::Unavailable || fact.status == StoreStatus::Unknown) {
    ledger_.park(fact.op);
    store_lost(fact.detail);
    return;
  }
  if (const auto then = ledger_.finish_store(fact.op)) then(fact);
  submit_ready();
}

void Broker::Impl::store_lost(const std::string& why) {
  store_detail_ = why;
  if (!probe_ && !probe_at_) probe_at_ = now_.mono + config_->store_probe_interval;
  if (!std::exchange(store_available_, false)) return;
  report(Event{.code = EventCode::StoreLost, .detail = why});
}

void Broker::Impl::probe_store() {
  if (!probe_at_ || *probe_at_ > now_.mono) return;
  probe_at_.reset();
  probe_ = ledger_.fresh_op();
  order(ProbeStore{.op = *probe_});
}

void Broker::Impl::on_probed(const StoreDone& done) {
  probe_.reset();
  if (done.status != StoreStatus::Done) {
    if (!stopping_) store_lost(done.detail);
    return;
  }
  store_available_ = true;
  store_detail_.clear();
  report(Event{.code = EventCode::StoreBack});
  ledger_.retry_parked();
  submit_ready();
}

void Broker::Impl::ask_datapath(DatapathOrder what, broker::DatapathContinuation then) {
  const OpId op = ledger_.begin(std::move(then));
  std::visit([op](auto& known) { known.op = op; }, what);
  order(std::move(what));
}

void Broker::Impl::on(const DatapathDone& fact) {
  if (const auto then = ledger_.finish_datapath(fact.op)) then(fact);
}

Instant Broker::Impl::patience(const Session& session) const {
  return session.message_at + config_->store_patience;
}

}  // namespace tsp
