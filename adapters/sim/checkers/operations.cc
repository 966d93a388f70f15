// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/operations.h"

namespace tsp::sim {
namespace {

constexpr std::string_view kDrain = "25, drain";
constexpr std::string_view kReload = "25, reload";
constexpr std::string_view kAccounting = "26, accounting";

}  // namespace

bool Operations::Memory::add(TunnelId id) {
  if (!ids_.insert(id).second) return false;
  in_order_.push_back(id);
  if (in_order_.size() > kMax) {
    ids_.erase(in_order_.front());
    in_order_.pop_front();
  }
  return true;
}

Operations::Operations(World& world, const Truth& truth) : Family(world, truth) {
  begin_life();
}

void Operations::begin_life() {
  stopping_.reset();
  may_be_put_back_.clear();
  stopped_ = false;
  draining_ = false;
  up_.clear();
  down_.clear();
  at_start_.clear();
  for (const auto& [id, record] : truth_.records()) at_start_.insert(id);
}

void Operations::on_start() {
  begin_life();
}

void Operations::on_crash() {
  reloaded_.reset();
  stopping_.reset();
  stopped_ = false;
}

// ---- stop in good order ---------------------------------------------------------------------------------------------

void Operations::on_fact(const Fact& fact) {
  reloaded_.reset();
  if (std::holds_alternative<ConfigChanged>(fact)) {
    const auto deadline = world_.broker().next_deadline();
    if (!deadline || *deadline > world_.now()) reloaded_ = world_.now();
  }
  if (std::holds_alternative<StopRequested>(fact)) begin_stop();
  if (const auto* request = std::get_if<AdminRequest>(&fact)) {
    if (std::holds_alternative<DrainRequest>(request->command)) draining_ = true;
    if (std::holds_alternative<UndrainRequest>(request->command)) draining_ = false;
  }
  if (const auto* done = std::get_if<DatapathDone>(&fact)) {
    for (const TunnelUsage& usage : done->usages) check_usage(usage);
  }
}

void Operations::begin_stop() {
  if (stopping_) return;
  stopping_ = truth_.conversations().arrivals();
  for (const auto& [id, record] : truth_.records()) may_be_put_back_.insert(id);
}

void Operations::on_order(const Order& order) {
  if (reloaded_ == world_.now()) check_reload(order);
  if (stopped_) report(kDrain, "an order after the last one");
  if (std::holds_alternative<Stopped>(order)) {
    if (!stopping_) report(kDrain, "it stops and was not asked to");
    stopped_ = true;
  }
  if (const auto* event = std::get_if<Event>(&order)) check_event(*event);
  if (const auto* store = std::get_if<StoreOrder>(&order); store != nullptr && !stopping_) note_begun(*store);
  const auto* what = std::get_if<DatapathOrder>(&order);
  const auto* install = what == nullptr ? nullptr : std::get_if<InstallTunnel>(what);
  if (install != nullptr && stopping_) check_new_after_stop(*install);
}

// The worlds' new configurations are for what comes: no tunnel is touched, nobody is spoken to.
void Operations::check_reload(const Order& order) {
  if (std::holds_alternative<StoreOrder>(order) || std::holds_alternative<DatapathOrder>(order) ||
      std::holds_alternative<SendDatagram>(order)) {
    report(kReload, "a new configuration leads to an order");
  }
}

// What is on its way to the store when the stop is requested is brought to its end, whoever asked for it: a client that
// is to have a tunnel without ports, or a router by an update.
void Operations::note_begun(const StoreOrder& order) {
  const auto* commit = std::get_if<CommitChanges>(&order);
  if (commit == nullptr) return;
  for (const StoreChange& change : commit->changes) {
    if (const auto* put = std::get_if<PutTunnel>(&change)) may_be_put_back_.insert(put->tunnel.id);
  }
}

// What was accepted before is brought to its end, and what is known may be put back.
void Operations::check_new_after_stop(const InstallTunnel& order) {
  if (may_be_put_back_.contains(order.spec.id)) return;
  const auto owes_answer = [&](const Conversation& conversation) { return conversation.owes_answer_to(*stopping_); };
  if (truth_.conversations().any_on(order.spec.path, owes_answer)) {
    may_be_put_back_.insert(order.spec.id);
    return;
  }
  report(kDrain, to_text(order.spec.id) + " is begun after the stop was requested");
}

void Operations::on_departure(const FourTuple& path, ByteView datagram) {
  if (!stopping_ || is_inner(path, datagram)) return;
  const Message* message = truth_.reply().message;
  if (message == nullptr || message->number <= *stopping_) return;
  report(kDrain, to_text(path.remote) + " is answered what it said after the stop was requested");
}

// ---- accounting -----------------------------------------------------------------------------------------------------

void Operations::check_event(const Event& event) {
  if (event.code == EventCode::Drained) {
    if (!draining_) report(kDrain, "it is drained and was not asked to be");
    begin_stop();
  }
  if (!event.tunnel) return;
  const TunnelId id = *event.tunnel;
  if (event.code == EventCode::TunnelUp) {
    if (at_start_.contains(id) || !up_.add(id)) report(kAccounting, to_text(id) + " comes up twice");
  }
  if (event.code == EventCode::TunnelDown) {
    const bool known = at_start_.erase(id) > 0 || up_.contains(id);
    if (!down_.add(id)) return report(kAccounting, to_text(id) + " goes down twice");
    if (!known) report(kAccounting, to_text(id) + " goes down and never was up");
  }
}

void Operations::on_commit(const std::vector<StoreChange>& /*changes*/) {
  for (const TunnelChange& change : truth_.tunnel_changes()) {
    if (change.after) {
      if (ended_.contains(change.after->id)) report(kAccounting, to_text(change.after->id) + " has ended and is back");
      continue;
    }
    const TunnelId id = change.before->id;
    counts_.erase(id);
    if (!ended_.add(id)) report(kAccounting, to_text(id) + " ends twice");
  }
}

// A count that began again says so by when it saw its client last; see TunnelUsage.
void Operations::check_usage(const TunnelUsage& usage) {
  const Forwarded* tunnel = truth_.forwarded(usage.id);
  if (tunnel != nullptr && (usage.packets_up > tunnel->packets_in || usage.packets_down > tunnel->packets_out)) {
    report(kAccounting, to_text(usage.id) + " is said to have more packets than there were");
  }
  if (usage.last_seen > world_.now()) report(kAccounting, to_text(usage.id) + " was seen in the future");
  const auto [entry, is_new] = counts_.try_emplace(usage.id, Count{usage, world_.now()});
  if (is_new) return;
  const TunnelUsage& before = entry->second.usage;
  const bool goes_back = usage.packets_up < before.packets_up || usage.packets_down < before.packets_down ||
                         usage.bytes_up < before.bytes_up || usage.bytes_down < before.bytes_down;
  const bool began_again = usage.last_seen >= entry->second.at;
  if (usage.last_seen < before.last_seen || (goes_back && !began_again)) {
    report(kAccounting, to_text(usage.id) + " is said to have had less than before");
  }
  entry->second = Count{usage, world_.now()};
}

}  // namespace tsp::sim
