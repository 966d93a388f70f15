// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/update_queue.h"

#include <algorithm>

#include "core/base/assert.h"

namespace tsp::linux_::dns {

using Phase = OwnerState::Phase;

UpdateQueue::UpdateQueue(ServerLink& link, TsigKey key, const UpdateLimits& limits)
    : link_(link), key_(std::move(key)), limits_(limits) {}

bool UpdateQueue::has_room_for(const std::string& owner) const {
  return owners_.size() < limits_.owners_max || knows(owner);
}

void UpdateQueue::set(const std::string& name, PlacedRrsets desired, const PlacedRrsets& formerly) {
  const bool is_known = knows(name);
  if (!is_known && desired.empty() && formerly.empty()) return;
  Owner& owner = owners_[name];
  const bool is_same = is_known && owner.desired == desired && formerly.empty();
  // It is fulfilled, or on its way.
  if (is_same && owner.state.phase != Phase::Refused) return;
  for (const auto& [key, placed] : formerly) owner.present.emplace(key, placed.zone);
  const PlacedRrsets before = std::exchange(owner.desired, std::move(desired));
  take_from_holders(name, before);
  owner.generation = ++last_number_;
  owner.pause = {};
  owner.state.phase = Phase::Pending;
  owner.state.error.clear();
  put_in_line(name, owner, link_.now().mono);
  go_on();
}

void UpdateQueue::retry() {
  const Instant now = link_.now().mono;
  server_due_ = now;
  for (auto& [name, owner] : owners_) {
    const bool is_waiting = owner.turn && owner.turn->first > now;
    if (owner.state.phase != Phase::Refused && !is_waiting) continue;
    owner.pause = {};
    owner.state.phase = Phase::Pending;
    put_in_line(name, owner, now);
  }
  go_on();
}

std::optional<OwnerState> UpdateQueue::state(const std::string& name) const {
  const auto found = owners_.find(name);
  if (found == owners_.end()) return std::nullopt;
  OwnerState state = found->second.state;
  if (state.phase == Phase::Pending && !server_error_.empty()) state.error = server_error_;
  return state;
}

bool UpdateQueue::is_held_by_another(const RrsetKey& key, const std::string& name) const {
  const auto holder = holders_.find(key);
  return holder != holders_.end() && holder->second != name;
}

Duration UpdateQueue::next_pause(Duration last) const {
  return std::clamp(2 * last, limits_.pause_min, limits_.pause_max);
}

void UpdateQueue::take_from_holders(const std::string& name, const PlacedRrsets& before) {
  for (const auto& [key, placed] : before) {
    const auto holder = holders_.find(key);
    if (holder != holders_.end() && holder->second == name) holders_.erase(holder);
  }
  for (const auto& [key, placed] : owners_.at(name).desired) holders_[key] = name;
}

void UpdateQueue::put_in_line(const std::string& name, Owner& owner, Instant at) {
  leave_line(owner);
  owner.turn = Turn{at, ++last_number_};
  line_.emplace(*owner.turn, name);
}

void UpdateQueue::leave_line(Owner& owner) {
  if (owner.turn) line_.erase(*owner.turn);
  owner.turn.reset();
}

void UpdateQueue::go_on() {
  while (!in_flight_ && !line_.empty()) {
    const auto& [turn, name] = *line_.begin();
    const Instant due = std::max(turn.first, server_due_);
    if (due > link_.now().mono) {
      link_.wake_at(due, [this] { go_on(); });
      return;
    }
    begin(std::string(name));
  }
}

void UpdateQueue::begin(const std::string& name) {
  Owner& owner = owners_.at(name);
  leave_line(owner);
  std::deque<Update> updates = updates_for(name, owner);
  // What is sent may arrive, whatever becomes of the answer.
  for (const auto& [key, placed] : owner.desired) owner.present.insert_or_assign(key, placed.zone);
  in_flight_ =
      InFlight{.owner = name, .generation = owner.generation, .unsent = std::move(updates), .zone = {}, .request = {}};
  if (in_flight_->unsent.empty()) {
    in_flight_.reset();
    finish(name, owner);
  } else {
    send_next();
  }
}

std::deque<UpdateQueue::Update> UpdateQueue::updates_for(const std::string& name, const Owner& owner) const {
  std::map<std::string, std::vector<RrsetChange>> changes;  // by zone
  for (const auto& [key, zone] : owner.present) {
    if (!owner.desired.contains(key) && !is_held_by_another(key, name)) changes[zone].push_back({key, {}});
  }
  for (const auto& [key, placed] : owner.desired) {
    if (!is_held_by_another(key, name)) changes[placed.zone].push_back({key, placed.data});
  }
  std::deque<Update> updates;
  for (const auto& [zone, of_zone] : changes) {
    for (Bytes& message : encode_updates(zone, of_zone, limits_.ttl_seconds)) {
      updates.push_back({.zone = zone, .message = std::move(message)});
    }
  }
  return updates;
}

void UpdateQueue::send_next() {
  Update update = std::move(in_flight_->unsent.front());
  in_flight_->unsent.pop_front();
  set_id(update.message, ++last_id_);
  in_flight_->zone = std::move(update.zone);
  in_flight_->request = sign(std::move(update.message), key_, link_.now().wall);
  link_.exchange(in_flight_->request.message,
                 [this](const std::expected<Bytes, std::string>& answer) { on_answer(answer); });
}

void UpdateQueue::on_answer(const std::expected<Bytes, std::string>& answer) {
  TSP_ASSERT(in_flight_.has_value());
  if (!answer) {
    on_unreachable(answer.error());
  } else {
    server_pause_ = {};
    server_error_.clear();
    const auto judged = judge_answer(*answer, in_flight_->request, key_, link_.now().wall);
    if (!judged) {
      on_rejected(judged.error());
    } else if (Owner* owner = current(); owner != nullptr) {
      if (!in_flight_->unsent.empty()) return send_next();
      finish(in_flight_->owner, *owner);
    }
  }
  in_flight_.reset();
  go_on();
}

UpdateQueue::Owner* UpdateQueue::current() {
  const auto found = owners_.find(in_flight_->owner);
  TSP_ASSERT(found != owners_.end());
  return found->second.generation == in_flight_->generation ? &found->second : nullptr;
}

void UpdateQueue::finish(const std::string& name, Owner& owner) {
  if (owner.desired.empty()) {
    owners_.erase(name);
    return;
  }
  owner.present.clear();
  for (const auto& [key, placed] : owner.desired) owner.present.emplace(key, placed.zone);
  owner.pause = {};
  owner.state = {.phase = Phase::Done, .done_at = link_.now().wall, .error = {}};
}

void UpdateQueue::on_unreachable(const std::string& error) {
  server_pause_ = next_pause(server_pause_);
  server_due_ = link_.now().mono + server_pause_;
  server_error_ = error;
  // It is its turn again, when the server is there.
  if (Owner* owner = current(); owner != nullptr) put_in_line(in_flight_->owner, *owner, link_.now().mono);
}

void UpdateQueue::on_rejected(const Rejection& rejection) {
  Owner* owner = current();
  if (owner == nullptr) return;
  owner->state.error = "zone " + in_flight_->zone + ": " + rejection.text;
  if (!rejection.is_temporary) {
    owner->state.phase = Phase::Refused;
    return;
  }
  owner->pause = next_pause(owner->pause);
  put_in_line(in_flight_->owner, *owner, link_.now().mono + owner->pause);
}

}  // namespace tsp::linux_::dns
