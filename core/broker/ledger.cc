// SPDX-License-Identifier: Apache-2.0
#include "core/broker/ledger.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"

namespace tsp::broker {
namespace {

struct KeyOf {
  IPv6Prefix operator()(const PutClaim& change) const { return change.claim.prefix; }
  IPv6Prefix operator()(const WithdrawClaim& change) const { return change.prefix; }
  IPv6Prefix operator()(const EndQuarantine& change) const { return change.prefix; }
  TunnelId operator()(const PutTunnel& change) const { return change.tunnel.id; }
  TunnelId operator()(const EraseTunnel& change) const { return change.id; }
  AccountId operator()(const AddAccount& change) const { return change.account.id; }
  AccountId operator()(const UpdateAccount& change) const { return change.account.id; }
  AccountId operator()(const DeleteAccount& change) const { return change.id; }
  AccountId operator()(const PutNameServers& change) const { return change.account; }
  AccountId operator()(const EvictTunnels& change) const { return change.account; }
  BrokerId operator()(const PutBroker& change) const { return change.broker.id; }
  BrokerId operator()(const EraseBroker& change) const { return change.id; }
  ApiTokenId operator()(const PutApiToken& change) const { return change.token.id; }
  ApiTokenId operator()(const EraseApiToken& change) const { return change.id; }
  std::string operator()(const PutConsoleLogin& change) const { return change.console_login.login; }
  std::string operator()(const EraseConsoleLogin& change) const { return change.login; }
  std::string operator()(const PutConsoleTotp& change) const { return change.totp.login; }
  std::string operator()(const EraseConsoleTotp& change) const { return change.login; }
  std::string operator()(const UseConsoleTotp& change) const { return change.login; }
  AuditPlace operator()(const AddAuditEntry& change) const { return {change.entry.at, change.entry.id}; }
};

}  // namespace

std::vector<Ledger::Key> Ledger::keys_of(const StoreOrder& order) {
  const auto* commit = std::get_if<CommitChanges>(&order);
  if (commit == nullptr) return {};
  std::vector<Key> keys;
  for (const StoreChange& change : commit->changes) {
    keys.push_back(std::visit([](const auto& known) -> Key { return KeyOf{}(known); }, change));
  }
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return keys;
}

void Ledger::begin(StoreOrder order, StoreContinuation then, std::optional<Instant> give_up) {
  const Ticket ticket = ++last_ticket_;
  std::vector<Key> keys = keys_of(order);
  for (const Key& key : keys) lines_[key].push_back(ticket);
  const auto [entry, inserted] =
      entries_.emplace(ticket, Entry{.order = std::move(order), .then = std::move(then), .keys = std::move(keys)});
  TSP_ASSERT(inserted);
  if (first_in_line(ticket, entry->second)) ready_.insert(ticket);
  if (give_up) give_up_.set(ticket, *give_up);
}

OpId Ledger::begin(DatapathContinuation then) {
  const OpId op{++last_op_};
  datapath_.emplace(op, std::move(then));
  return op;
}

bool Ledger::first_in_line(Ticket ticket, const Entry& entry) const {
  return std::ranges::all_of(entry.keys, [&](const Key& key) { return lines_.at(key).front() == ticket; });
}

std::optional<StoreOrder> Ledger::take_ready() {
  if (ready_.empty()) return std::nullopt;
  const Ticket ticket = *ready_.begin();
  ready_.erase(ready_.begin());
  Entry& entry = entries_.at(ticket);
  entry.state = State::UnderWay;
  entry.op = OpId{++last_op_};
  under_way_.emplace(entry.op, ticket);
  std::visit([&entry](auto& known) { known.op = entry.op; }, entry.order);
  return entry.order;
}

const StoreOrder* Ledger::find_store(OpId op) const {
  const auto ticket = under_way_.find(op);
  return ticket == under_way_.end() ? nullptr : &entries_.at(ticket->second).order;
}

StoreContinuation Ledger::finish_store(OpId op) {
  const auto entry = entries_.find(under_way_.at(op));
  StoreContinuation then = std::move(entry->second.then);
  erase(entry);
  return then;
}

DatapathContinuation Ledger::finish_datapath(OpId op) {
  const auto entry = datapath_.find(op);
  if (entry == datapath_.end()) return nullptr;
  DatapathContinuation then = std::move(entry->second);
  datapath_.erase(entry);
  return then;
}

void Ledger::park(OpId op) {
  const auto entry = entries_.find(under_way_.at(op));
  if (!entry->second.then) {
    erase(entry);  // given up meanwhile
    return;
  }
  under_way_.erase(op);
  entry->second.state = State::Parked;
}

void Ledger::retry_parked() {
  for (auto& [ticket, entry] : entries_) {
    if (entry.state != State::Parked) continue;
    entry.state = State::Waiting;
    ready_.insert(ticket);
  }
}

std::optional<StoreContinuation> Ledger::take_given_up(Instant now) {
  const auto ticket = give_up_.take_due(now);
  if (!ticket) return std::nullopt;
  const auto entry = entries_.find(*ticket);
  TSP_ASSERT(entry != entries_.end());
  StoreContinuation then = std::exchange(entry->second.then, nullptr);
  if (entry->second.state != State::UnderWay) erase(entry);  // else its completion is still to come
  return then;
}

// Whoever is next in line may be ready now.
void Ledger::erase(Entries::iterator entry) {
  const Ticket ticket = entry->first;
  const std::vector<Key> keys = std::move(entry->second.keys);
  under_way_.erase(entry->second.op);
  ready_.erase(ticket);
  give_up_.clear(ticket);
  entries_.erase(entry);
  for (const Key& key : keys) {
    const auto line = lines_.find(key);
    std::erase(line->second, ticket);
    if (line->second.empty()) lines_.erase(line);
  }
  for (const Key& key : keys) {
    const auto line = lines_.find(key);
    if (line == lines_.end()) continue;
    const Ticket next = line->second.front();
    const Entry& waiting = entries_.at(next);
    if (waiting.state == State::Waiting && first_in_line(next, waiting)) ready_.insert(next);
  }
}

void Ledger::add_to(StateHash& hash) const {
  hash.add(last_ticket_).add(last_op_).add(entries_.size()).add(datapath_.size());
  for (const auto& [ticket, entry] : entries_) hash.add(ticket).add(entry.order.index()).add(entry.state);
  for (const auto& [op, then] : datapath_) hash.add(op.value);
}

}  // namespace tsp::broker
