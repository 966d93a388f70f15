// SPDX-License-Identifier: Apache-2.0
//
// Orders to the store outlive its absence: what somebody waits for is held until his patience ends, what must
// happen is repeated until it has. Every commit says what shall be, so that repeating one whose outcome is unknown
// is the way to read it back.
#include <utility>

#include "core/base/assert.h"
#include "core/broker/impl.h"

namespace tsp {

void Broker::Impl::ask_store(StoreOrder what, broker::StoreContinuation then, std::optional<Instant> give_up) {
  const OpId op = ledger_.begin(std::move(what), std::move(then), give_up);
  if (store_available_) {
    submit(op);
  } else {
    ledger_.park(op);
  }
}

void Broker::Impl::submit(OpId op) {
  order(ledger_.order(op));
}

void Broker::Impl::commit_for_good(std::vector<StoreChange> changes) {
  const auto then = [this](const StoreDone& done) {
    if (done.status == StoreStatus::Done) return;
    // Refused: somebody else changed the same rows. Nothing is lost that a restart would not repair.
    report(Event{.code = EventCode::Reconciled, .detail = "the store refused a clean-up: " + done.detail});
  };
  ask_store(CommitChanges{.op = {}, .changes = std::move(changes)}, then, std::nullopt);
}

void Broker::Impl::on(const StoreDone& fact) {
  if (!ledger_.is_store(fact.op)) return;
  const bool away = fact.status == StoreStatus::Unavailable || fact.status == StoreStatus::Unknown;
  const bool probe = std::holds_alternative<ProbeStore>(ledger_.order(fact.op));
  if (away) {
    store_lost(fact.detail);
    if (!probe) {
      ledger_.park(fact.op);
      return;
    }
  }
  if (const auto then = ledger_.finish_store(fact.op)) then(fact);
}

void Broker::Impl::store_lost(const std::string& why) {
  store_detail_ = why;
  if (!probing_) probe_at_ = now_.mono + config_->store_probe_interval;
  if (!std::exchange(store_available_, false)) return;
  report(Event{.code = EventCode::StoreLost, .detail = why});
}

void Broker::Impl::probe_store() {
  if (!probe_at_ || *probe_at_ > now_.mono || probing_) return;
  probe_at_.reset();
  probing_ = true;
  const OpId op = ledger_.begin(
      ProbeStore{},
      [this](const StoreDone& done) {
        probing_ = false;
        if (done.status != StoreStatus::Done) {
          if (!stopping_) probe_at_ = now_.mono + config_->store_probe_interval;
          return;
        }
        store_available_ = true;
        store_detail_.clear();
        report(Event{.code = EventCode::StoreBack});
        for (const OpId again : ledger_.unpark()) {
          if (overtaken(ledger_.order(again))) {
            static_cast<void>(ledger_.finish_store(again));
          } else {
            submit(again);
          }
        }
      },
      std::nullopt);
  submit(op);
}

// News of a tunnel that has ended meanwhile: writing it now would bring the tunnel back.
bool Broker::Impl::overtaken(const StoreOrder& what) const {
  const auto* commit = std::get_if<CommitChanges>(&what);
  if (commit == nullptr || commit->changes.size() != 1) return false;
  const auto* put = std::get_if<PutTunnel>(&commit->changes.front());
  return put != nullptr && tunnels_.find(put->tunnel.id) == nullptr;
}

void Broker::Impl::ask_datapath(DatapathOrder what, broker::DatapathContinuation then) {
  const OpId op = ledger_.begin(std::move(then));
  std::visit([op](auto& known) { known.op = op; }, what);
  order(std::move(what));
}

void Broker::Impl::on(const DatapathDone& fact) {
  if (!ledger_.is_datapath(fact.op)) return;
  ledger_.finish_datapath(fact.op)(fact);
}

Instant Broker::Impl::patience(const Session& session) const {
  return session.message_at + config_->store_patience;
}

}  // namespace tsp
