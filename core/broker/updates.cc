// SPDX-License-Identifier: Apache-2.0
//
// Tunnels of routers that do not speak TSP: who knows an account's update key may say where its tunnel's outer end is.
// The account has the same address and prefix as with TSP, and the tunnel is recorded, installed and acknowledged in
// the same order. What is said of an address proves nothing: nothing is sent there before a valid packet has come.
#include <algorithm>
#include <chrono>
#include <utility>

#include "core/auth/update_key.h"
#include "core/broker/impl.h"

namespace tsp {
namespace {

constexpr Duration kPatience = std::chrono::seconds(5);
constexpr Duration kMinute = std::chrono::minutes(1);
constexpr unsigned kUpdateAttempts = 8;  // see offers.cc

constexpr const char* kStoreAway = "the store is not available";

}  // namespace

struct Broker::Impl::Update {
  RequestId request;
  UpdateEndpointRequest command;
  Instant give_up;
  unsigned attempts_left = kUpdateAttempts;
  Draft draft{};
  std::vector<TunnelRecord> tunnels{};  // see with_tunnels
};

// ---- keys ---------------------------------------------------------------------------------------------------------

void Broker::Impl::run(RequestId request, const SetUpdateKeyRequest& command) {
  with_account(request, command.login, [this, request, remove = command.remove](const AccountRecord& record) {
    Account account = record.account;
    const std::string key = remove ? std::string() : auth::make_update_key(random_);
    account.update_key = remove ? std::nullopt : std::optional(auth::hash_of_update_key(key));
    const auto then = [this, request, record, account, key](const StoreDone& done) {
      if (done.status != StoreStatus::Done) return fail(request, done);
      report(Event{.code = EventCode::AccountChanged,
                   .login = account.login,
                   .detail = key.empty() ? "update key removed" : "update key set"});
      AccountRecord changed = record;
      changed.account = account;
      reply(AdminReply{.request = request, .accounts = {view_of(changed)}, .update_key = key});
    };
    std::vector<StoreChange> changes{UpdateAccount{.account = account, .before = record.account}};
    add_audit(request, changes);
    ask_store(CommitChanges{.op = {}, .changes = std::move(changes)}, then, now_.mono + kPatience);
  });
}

// ---- who asks -----------------------------------------------------------------------------------------------------

void Broker::Impl::run(RequestId request, const UpdateEndpointRequest& command) {
  const auto update =
      std::make_shared<Update>(Update{.request = request, .command = command, .give_up = now_.mono + kPatience});
  if (!ready_ || stopping_) return finish_update(*update, UpdateOutcome::Unavailable, "the broker is not ready");
  if (!store_available_) return finish_update(*update, UpdateOutcome::Unavailable, kStoreAway);
  if (const auto limit = authentication_limit(command.peer, command.login)) {
    // Too many failures: the answer is that of a wrong key, without the work.
    report_authentication(command.peer, command.login, *limit);
    return finish_update(*update, UpdateOutcome::BadKey);
  }
  ask_store(
      FindAccount{.op = {}, .login = command.login},
      [this, update](const StoreDone& done) { on_update_account(update, done); }, update->give_up);
}

void Broker::Impl::on_update_account(const std::shared_ptr<Update>& update, const StoreDone& done) {
  if (done.status != StoreStatus::Done) return finish_update(*update, UpdateOutcome::Unavailable, kStoreAway);
  const UpdateEndpointRequest& command = update->command;
  if (!knows_key(*update, done)) {
    authentication_failed(command.peer, command.login, "wrong update key, or no account that has one");
    return finish_update(*update, UpdateOutcome::BadKey);
  }
  ++counters_.auth_succeeded;
  const AccountId account = done.accounts.front().account.id;
  if (command.host != command.login) return finish_update(*update, UpdateOutcome::NoHost);
  with_tunnels(update, account, [this, update, account] {
    if (is_unchanged(*update, account)) return finish_update(*update, UpdateOutcome::Unchanged);
    // Ending is never refused: there is one end at most for each beginning, and those are limited, here or as sessions.
    if (too_many_updates(account) && update->command.outer) {
      return finish_update(*update, UpdateOutcome::Limited, "limits.updates_per_account_per_minute_max");
    }
    // Read again when the account's other changes are done. Strangers do not come as far as to make those wait.
    in_turn(update->request, update->command.login, [this, update] {
      ask_store(
          FindAccount{.op = {}, .login = update->command.login},
          [this, update](const StoreDone& again) { begin_update(update, again); }, update->give_up);
    });
  });
}

void Broker::Impl::with_tunnels(const std::shared_ptr<Update>& update, AccountId account, std::function<void()> then) {
  if (!shares_store()) return then();
  const auto read = [this, update, then = std::move(then)](const StoreDone& done) {
    if (done.status != StoreStatus::Done) return finish_update(*update, UpdateOutcome::Unavailable, kStoreAway);
    update->tunnels = done.snapshot.tunnels;
    then();
  };
  ask_store(FindTunnels{.op = {}, .account = account}, read, update->give_up);
}

// As much work for an account that does not exist, or has no key.
bool Broker::Impl::knows_key(const Update& update, const StoreDone& done) {
  const Account* account = done.accounts.empty() ? nullptr : &done.accounts.front().account;
  const bool right = auth::is_update_key(update.command.key, account != nullptr ? account->update_key : std::nullopt);
  return right && account->enabled;
}

// ---- what becomes of it -------------------------------------------------------------------------------------------

void Broker::Impl::begin_update(const std::shared_ptr<Update>& update, const StoreDone& done) {
  if (done.status != StoreStatus::Done) return finish_update(*update, UpdateOutcome::Unavailable, kStoreAway);
  if (!knows_key(*update, done)) return finish_update(*update, UpdateOutcome::BadKey);
  with_tunnels(update, done.accounts.front().account.id, [this, update, record = done.accounts.front()] {
    if (is_unchanged(*update, record.account.id)) return finish_update(*update, UpdateOutcome::Unchanged);
    update->draft = Draft{};
    update->draft.tunnel.account = record.account.id;
    if (update->command.outer) {
      move_tunnel(update, record);
    } else {
      end_tunnel(update);
    }
  });
}

void Broker::Impl::move_tunnel(const std::shared_ptr<Update>& update, const AccountRecord& record) {
  const IPv4Address outer = *update->command.outer;
  const auto refuse = [&](UpdateOutcome outcome, const std::string& why) { finish_update(*update, outcome, why); };
  if (!config_->update_tunnel_address || !config_->serves(TunnelType::V6V4)) {
    return refuse(UpdateOutcome::Refused, "v6v4 is not among tunnel.types");
  }
  if (drain_ && tunnels_.by_account(record.account.id) == nullptr) {
    return refuse(UpdateOutcome::Refused, std::string(kDraining));
  }
  if (is_own_address(map_ipv4(outer))) return refuse(UpdateOutcome::BadAddress, "one of server.own_addresses");
  if (const auto why = outer_fault(map_ipv4(outer))) return refuse(UpdateOutcome::BadAddress, *why);
  if (damped(record.account.id)) return refuse(UpdateOutcome::Limited, "limits.evictions_max");

  const FourTuple path{.remote = make_endpoint(outer, 0), .local = make_endpoint(*config_->update_tunnel_address, 0)};
  update->draft.tunnel = wanted_tunnel(&record, TunnelType::V6V4, path);
  if (const auto why = choose_for(*update, record)) return refuse(UpdateOutcome::Refused, *why);
  ask_store(
      CommitChanges{.op = {}, .changes = reservation(update->draft)},
      [this, update](const StoreDone& reserved) { on_update_reserved(update, reserved); }, update->give_up);
}

// Why the tunnel cannot be; or its address and prefix are chosen.
std::optional<std::string> Broker::Impl::choose_for(Update& update, const AccountRecord& record) {
  Draft& draft = update.draft;
  if (auto why = path_fault(update)) return why;
  if (const auto fault = choose_address(&record, draft)) return fault->why;
  const PrefixLimits limits = record.account.prefix_limits.value_or(config_->prefix_limits);
  std::uint8_t length = std::min<std::uint8_t>(limits.longest, pool::kDelegationLengthMax);
  const auto held = std::ranges::find(record.prefixes, ClaimState::Held, &Claim::state);
  if (held != record.prefixes.end()) length = held->prefix.length;
  const Tunnel* live = tunnels_.by_account(record.account.id);
  if (live != nullptr && live->record.delegated && !is_mapped(*live->record.delegated)) {
    length = live->record.delegated->length;
  }
  if (held == record.prefixes.end() && config_->pool.delegations.empty()) return std::nullopt;
  // The client asked for no prefix, and is not to be without a tunnel because there is none left.
  static_cast<void>(choose_prefix(record, length, draft));
  return std::nullopt;
}

// Whether it is somebody else's, or one tunnel too many.
std::optional<std::string> Broker::Impl::path_fault(const Update& update) {
  const TunnelRecord& wanted = update.draft.tunnel;
  // A connection from there shows that its owner asks.
  const bool proved = update.command.peer.remote.address == wanted.path.remote.address;
  if (is_taken(wanted, proved)) return "another client's tunnel has this outer address";
  const auto limit = over_quota(wanted.account, wanted.path);
  return limit ? std::optional(std::string(*limit)) : std::nullopt;
}

void Broker::Impl::on_update_reserved(const std::shared_ptr<Update>& update, const StoreDone& done) {
  if (done.status == StoreStatus::Done) {
    note_offered(update->draft);
    learn_claims(update->draft);
    return apply_update(update);
  }
  if ((done.status == StoreStatus::Taken || done.status == StoreStatus::Missing) && update->attempts_left > 0) {
    --update->attempts_left;
    let_go(update->draft, done);
    ask_store(
        FindAccount{.op = {}, .login = update->command.login},
        [this, update](const StoreDone& again) { begin_update(update, again); }, update->give_up);
    return;
  }
  take_back(update->draft, done.status);
  finish_update(*update, UpdateOutcome::Unavailable, "the claim could not be written to the store");
}

void Broker::Impl::apply_update(const std::shared_ptr<Update>& update) {
  Draft& draft = update->draft;
  const bool too_late = now_.mono >= update->give_up || stopping_;
  if (blocked(draft.tunnel) && !too_late) {
    deferred_.emplace_back([this, update] { apply_update(update); });
    return;
  }
  const auto why = path_fault(*update);
  if (too_late || why) {
    take_back(draft, StoreStatus::Done);
    return finish_update(*update, why ? UpdateOutcome::Refused : UpdateOutcome::Unavailable,
                         why.value_or("the tunnel that is there is not gone yet"));
  }
  install(
      {.record = draft.tunnel, .claims = draft.claims()},
      Asker{.waits = [] { return true; },  // what ends an account waits for its turn
            .up =
                [this, update](Tunnel& tunnel) {
                  if (tunnel.record.delegated) give_up_outdated(update->draft.outdated, tunnel.record);
                  count_update(tunnel.record.account);
                  const auto before = holder_elsewhere(*update);
                  finish_update(*update, UpdateOutcome::Changed,
                                before ? "the tunnel was at broker " + std::to_string(before->value) : std::string());
                },
            .failed =
                [this, update](const std::string& failure) {  // which was reported already
                  reply(
                      AdminReply{.request = update->request, .message = failure, .update = UpdateOutcome::Unavailable});
                }},
      update->give_up);
}

// At another broker it is marked, and ends within seconds: that one asks for such marks again and again.
void Broker::Impl::end_tunnel(const std::shared_ptr<Update>& update) {
  if (!holder_elsewhere(*update)) return end_tunnel_here(update);
  std::vector<StoreChange> changes;
  evict_elsewhere(update->draft.tunnel.account, EndReason::Deleted, changes);
  ask_store(
      CommitChanges{.op = {}, .changes = std::move(changes)},
      [this, update](const StoreDone& done) {
        if (done.status != StoreStatus::Done) return finish_update(*update, UpdateOutcome::Unavailable, kStoreAway);
        end_tunnel_here(update);
      },
      update->give_up);
}

void Broker::Impl::end_tunnel_here(const std::shared_ptr<Update>& update) {
  const AccountId account = update->draft.tunnel.account;
  const Tunnel* tunnel = tunnels_.by_account(account);
  const bool installing = accounts_installing_.contains(account);
  if (tunnel == nullptr && !installing) {
    if (holder_elsewhere(*update)) count_update(account);
    return finish_update(*update, UpdateOutcome::Changed);
  }
  if (installing || tunnel->state != tunnel::TunnelState::Active) {
    return finish_update(*update, UpdateOutcome::Unavailable, "the tunnel is just being changed");
  }
  const auto then = [this, update, account] {
    count_update(account);
    finish_update(*update, UpdateOutcome::Changed);
  };
  remove_tunnel(tunnel->record.id, {.reason = EndReason::Deleted, .then = then});
}

bool Broker::Impl::is_unchanged(const Update& update, AccountId account) {
  const Tunnel* tunnel = tunnels_.by_account(account);
  if (!update.command.outer || tunnel == nullptr || accounts_installing_.contains(account)) return false;
  const bool goes_there = tunnel->state == tunnel::TunnelState::Active && tunnel->record.type == TunnelType::V6V4 &&
                          tunnel->record.path.remote == make_endpoint(*update.command.outer, 0);
  if (!goes_there || !shares_store()) return goes_there;
  const auto recorded = std::ranges::find(update.tunnels, tunnel->record.id, &TunnelRecord::id);
  return recorded != update.tunnels.end() && !recorded->evicted;
}

std::optional<BrokerId> Broker::Impl::holder_elsewhere(const Update& update) const {
  const TunnelRecord* elsewhere = tunnel_elsewhere(update.tunnels);
  return elsewhere ? std::optional(elsewhere->broker) : std::nullopt;
}

void Broker::Impl::finish_update(const Update& update, UpdateOutcome outcome, const std::string& why) {
  const bool failed = outcome != UpdateOutcome::Changed && outcome != UpdateOutcome::Unchanged;
  if (failed && outcome != UpdateOutcome::BadKey) {
    report(Event{.code = EventCode::OfferRefused,
                 .login = update.command.login,
                 .path = update.command.peer,
                 .detail = "update: " + (why.empty() ? std::string("not this account's tunnel") : why)});
  }
  reply(AdminReply{.request = update.request, .message = why, .update = outcome});
}

// ---- how often ----------------------------------------------------------------------------------------------------

bool Broker::Impl::too_many_updates(AccountId account) {
  while (!updates_.empty() && updates_.front().first + kMinute <= now_.mono) {
    const auto count = updates_of_.find(updates_.front().second);
    if (--count->second == 0) updates_of_.erase(count);
    updates_.pop_front();
  }
  const auto count = updates_of_.find(account);
  return count != updates_of_.end() && count->second >= config_->updates_per_account_per_minute_max;
}

void Broker::Impl::count_update(AccountId account) {
  updates_.emplace_back(now_.mono, account);
  ++updates_of_[account];
}

}  // namespace tsp
