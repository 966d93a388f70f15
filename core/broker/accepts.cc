// SPDX-License-Identifier: Apache-2.0
//
// `accept`, `reject`, `delete` and `info`. A new tunnel is recorded in the store, installed in the datapath in the
// place of what it replaces, and only then acknowledged; what it replaces is struck from the store last. A crash
// in between leaves both records, and start-up keeps the younger.
#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/broker/impl.h"
#include "core/tunnel/keepalive.h"
#include "core/wire/message.h"

namespace tsp {

void Broker::Impl::accept(Session& session) {
  TSP_ASSERT(session.offer != nullptr);
  if (!offer_stands(session)) {
    refuse_accept(session, wire::Status::ServerError, "the tunnel whose address was offered again has ended");
    return;
  }
  if (blocked(session.offer->tunnel)) {
    defer_accept(session.id);
    return;
  }
  if (adopt_same_lease(session)) return;
  if (is_taken(session.offer->tunnel, endpoint_proved(session, session.offer->request))) {
    refuse_accept(session, wire::Status::IPv4AddressInUse, "another client's tunnel has this outer address");
    return;
  }
  const Tunnel* on_path = tunnels_.by_path(session.offer->tunnel.path);
  const bool somebody_elses = on_path != nullptr && on_path->record.account != session.offer->tunnel.account;
  if (somebody_elses && !endpoint_proved(session, session.offer->request)) {
    ask_before_taking_over(session, on_path->record.id);
  } else {
    establish(session);
  }
}

// One change at a time for an account and for a path.
bool Broker::Impl::blocked(const TunnelRecord& wanted) {
  if (accounts_installing_.contains(wanted.account) || paths_installing_.contains(wanted.path)) return true;
  const Tunnel* of_account = tunnels_.by_account(wanted.account);
  const Tunnel* on_path = tunnels_.by_path(wanted.path);
  return (of_account != nullptr && of_account->state == tunnel::TunnelState::Removing) ||
         (on_path != nullptr && on_path->state == tunnel::TunnelState::Removing);
}

void Broker::Impl::defer_accept(SessionId id) {
  deferred_.emplace_back([this, id] {
    if (Session* session = sessions_.find(id); session != nullptr && session->offer) accept(*session);
  });
}

void Broker::Impl::retry_deferred() {
  for (const auto& again : std::exchange(deferred_, {})) again();
}

// A client that has come back to what it has: nothing to do but say so.
bool Broker::Impl::adopt_same_lease(Session& session) {
  const TunnelRecord& wanted = session.offer->tunnel;
  Tunnel* live = tunnels_.by_path(wanted.path);
  if (live == nullptr) return false;
  const TunnelRecord& has = live->record;
  if (has.account != wanted.account || has.inner != wanted.inner || has.delegated != wanted.delegated ||
      has.mtu != wanted.mtu || has.keepalive_seconds != wanted.keepalive_seconds || session.offer->name_servers) {
    return false;
  }
  if (endpoint_proved(session, session.offer->request) && !has.confirmed) return false;
  if (is_repairing()) return false;  // the datapath may not have it
  // Another broker may just have taken it over: only the store can tell.
  if (shares_store() && wanted.account != kAnonymous) return false;
  activate(session, *live);
  return true;
}

// ANONYMOUS and PLAIN need nothing that a forger of source addresses could not know. A tunnel of somebody else on this
// path stays, unless it has been silent for longer than a client is that keeps it alive.
void Broker::Impl::ask_before_taking_over(Session& session, TunnelId in_the_way) {
  const SessionId id = session.id;
  const auto then = [this, id, in_the_way](const DatapathDone& done) {
    Session* asker = sessions_.find(id);
    if (asker == nullptr || !asker->offer) return;
    const Tunnel* other = tunnels_.find(in_the_way);
    const bool alive = other != nullptr && !done.usages.empty() &&
                       now_.mono < done.usages.front().last_seen +
                                       tunnel::suspicious_silence(other->record.keepalive_seconds, *config_);
    if (alive || done.status != DatapathStatus::Done) {
      refuse_accept(*asker, wire::Status::NoMoreTunnels, "another client's tunnel on the same path is alive");
    } else if (blocked(asker->offer->tunnel)) {
      defer_accept(id);
    } else {
      establish(*asker);
    }
  };
  ask_datapath(QueryUsage{.op = {}, .ids = {in_the_way}}, then);
}

void Broker::Impl::refuse_accept(Session& session, wire::Status status, std::string_view why) {
  drop_offer(session);
  session.dialogue.withdrawn();
  refuse(session, status, why);
}

void Broker::Impl::establish(Session& session) {
  session::PendingOffer& offer = *session.offer;
  // Others may have accepted theirs since it was offered.
  if (const auto limit = over_quota(offer.tunnel.account, offer.tunnel.path)) {
    refuse_accept(session, wire::Status::NoMoreTunnels, *limit);
    return;
  }
  // The account may have given it up in another session, or an operator have taken it away, for so long that it is
  // free.
  const TunnelRecord& offered = offer.tunnel;
  const bool is_free =
      !pools_.is_claimed(host_prefix(offered.inner)) || (offered.delegated && !pools_.is_claimed(*offered.delegated));
  if (offered.account != kAnonymous && is_free) {
    refuse_accept(session, wire::Status::ServerError, "what was offered was given up since");
    return;
  }
  TunnelRecord record = offered;
  record.confirmed = endpoint_proved(session, offer.request);
  install({.record = std::move(record), .claims = std::exchange(offer.claims, {}), .name_servers = offer.name_servers},
          asker_of(session), patience(session));
}

Broker::Impl::Asker Broker::Impl::asker_of(const Session& session) {
  const SessionId id = session.id;
  return {.waits = [this, id] { return sessions_.find(id) != nullptr; },
          .up = [this, id](Tunnel& tunnel) { activate(*sessions_.find(id), tunnel); },
          .failed = [this, id](const std::string& why) { accept_failed(id, why); }};
}

// Records and installs the tunnel in the place of what its account and its path have.
void Broker::Impl::install(Installation wanted, Asker asker, Instant give_up) {
  TunnelRecord& record = wanted.record;
  record.id = TunnelId{fresh_id()};
  record.created = now_.wall;
  const Tunnel* on_path = tunnels_.by_path(record.path);
  record.confirmed = record.confirmed ||
                     (on_path != nullptr && on_path->record.account == record.account && on_path->record.confirmed);
  if (record.account != kAnonymous) accounts_installing_.insert(record.account);
  paths_installing_.insert(record.path);
  claims_installing_.emplace(record.id, std::move(wanted.claims));

  std::vector<StoreChange> changes;
  const auto hold = [&](const IPv6Prefix& prefix) {
    changes.emplace_back(PutClaim{Claim{
        .prefix = prefix, .owner = record.account, .state = ClaimState::Held, .until = {}, .broker = config_->broker}});
  };
  hold(host_prefix(record.inner));
  if (record.delegated) hold(*record.delegated);
  if (wanted.name_servers) {
    changes.emplace_back(PutNameServers{.account = record.account, .names = std::move(*wanted.name_servers)});
  }
  evict_elsewhere(record.account, EndReason::Replaced, changes);
  changes.emplace_back(PutTunnel{record});
  const TunnelId id = record.id;
  // Given up by another session of the account since it was offered.
  const auto delegated = record.delegated;
  const auto quarantine_end = delegated ? pools_.quarantine_end(*delegated) : std::nullopt;
  tunnels_.add(Tunnel{.record = std::move(record), .session = std::nullopt});
  const auto then = [=, this, asker = std::move(asker)](const StoreDone& done) {
    if (quarantine_end) settle_taken_back(*delegated, *quarantine_end, done.status);
    on_recorded(asker, id, done);
  };
  ask_store(CommitChanges{.op = {}, .changes = std::move(changes)}, then, give_up);
}

void Broker::Impl::on_recorded(const Asker& asker, TunnelId id, const StoreDone& done) {
  if (done.status != StoreStatus::Done || !asker.waits()) {
    // Whoever gave up waiting for the store does not know what it will do yet.
    const bool refused = done.status == StoreStatus::Taken || done.status == StoreStatus::Missing;
    abandon_install(asker, id, "the store did not record the tunnel: " + done.detail,
                    refused ? Recorded::No : Recorded::Yes);
    return;
  }
  const Tunnel& tunnel = *tunnels_.find(id);
  std::vector<TunnelId> replaces;
  const Tunnel* of_account = tunnels_.by_account(tunnel.record.account);
  const Tunnel* on_path = tunnels_.by_path(tunnel.record.path);
  if (of_account != nullptr) replaces.push_back(of_account->record.id);
  if (on_path != nullptr && on_path != of_account) replaces.push_back(on_path->record.id);
  const auto then = [this, asker, id](const DatapathDone& installed) { on_installed(asker, id, installed); };
  ask_datapath(InstallTunnel{.op = {}, .spec = tunnel::spec_of(tunnel.record), .replaces = std::move(replaces)}, then);
}

void Broker::Impl::on_installed(const Asker& asker, TunnelId id, const DatapathDone& done) {
  if (done.status != DatapathStatus::Done) {
    report(Event{.code = EventCode::DatapathFailed, .tunnel = id, .detail = done.detail});
    undo_install(asker, id);
    return;
  }
  Tunnel& tunnel = *tunnels_.find(id);
  note_accepted(end_installation(tunnel.record));
  // The datapath has taken these out already.
  if (Tunnel* old = tunnels_.by_account(tunnel.record.account)) {
    count_eviction(*old, tunnel.record.path);
    forget(*old, EndReason::Replaced, &tunnel);
    ++counters_.tunnels_replaced;
  }
  if (Tunnel* old = tunnels_.by_path(tunnel.record.path)) {
    forget(*old, EndReason::Replaced, &tunnel);
    ++counters_.tunnels_replaced;
  }
  tunnels_.activate(tunnel);
  publish_account(tunnel.record.account, tunnel.record.login);
  arm(tunnel, now_.mono);
  ++counters_.tunnels_accepted;
  report(Event{.code = EventCode::TunnelUp,
               .login = tunnel.record.login,
               .path = tunnel.record.path,
               .tunnel = id,
               .inner = tunnel.record.inner,
               .delegated = tunnel.record.delegated,
               .detail = std::string(wire::type_name(tunnel.record.type))});
  report_unrouted(tunnel.record);
  if (!asker.waits()) {
    // Ended by an operator while this was under way.
    remove_tunnel(id, {.reason = EndReason::Disabled, .then = nullptr});
    return;
  }
  asker.up(tunnel);
}

void Broker::Impl::report_unrouted(const TunnelRecord& tunnel) {
  const IPv6Prefix address = host_prefix(tunnel.inner);
  const bool address_is_routed = is_routed_here(address);
  if (address_is_routed && (!tunnel.delegated || is_routed_here(*tunnel.delegated))) return;
  report(Event{.code = EventCode::LeaseUnrouted,
               .login = tunnel.login,
               .tunnel = tunnel.id,
               .inner = tunnel.inner,
               .delegated = tunnel.delegated,
               .detail = "its " + std::string(address_is_routed ? "prefix" : "address") +
                         " lies outside of prefix and of pool.other_pools: nothing reaches it"});
}

// A failure may hide a success: the tunnel is removed, and whatever else has changed is found by comparison.
void Broker::Impl::undo_install(const Asker& asker, TunnelId id) {
  const auto then = [this, asker, id](const DatapathDone& /*done*/) {
    abandon_install(asker, id, "the datapath did not install the tunnel", Recorded::Yes);
    compare_with_datapath();
  };
  ask_datapath(RemoveTunnel{.op = {}, .id = id, .unless_seen_since = std::nullopt}, then);
}

void Broker::Impl::abandon_install(const Asker& asker, TunnelId id, const std::string& why, Recorded recorded) {
  const TunnelRecord record = tunnels_.find(id)->record;
  const std::vector<IPv6Prefix> claims = end_installation(record);
  tunnels_.remove(id);
  // Old clients take any answer to their accept for a yes. An account keeps what it was told, an anonymous address is
  // nobody's for a while.
  if (recorded == Recorded::Yes) {
    note_accepted(claims);
    commit_and_publish(end_of_record(record, EndReason::Failed, !has_tunnel_with(record)), record.account,
                       record.login);
  } else {
    commit_for_good({EraseTunnel{.id = id, .reason = EndReason::Failed, .ended = now_.wall}});
    drop_offered(claims);
  }
  if (!asker.waits()) return;
  report(Event{.code = EventCode::OfferRefused, .login = record.login, .path = record.path, .detail = why});
  asker.failed(why);
}

void Broker::Impl::accept_failed(SessionId id, const std::string& /*why*/) {
  Session* session = sessions_.find(id);
  drop_offer(*session);
  session->dialogue.withdrawn();
  const bool close = session->dialogue.refused();
  answer(*session, wire::framed(wire::Status::ServerError), close);
}

// Whether another tunnel on the path has the record's very lease.
bool Broker::Impl::has_tunnel_with(const TunnelRecord& record) {
  const Tunnel* live = tunnels_.by_path(record.path);
  return live != nullptr && live->record.id != record.id && live->record.inner == record.inner;
}

// Whatever became of it; returns the claims that were made for its offer.
std::vector<IPv6Prefix> Broker::Impl::end_installation(const TunnelRecord& record) {
  accounts_installing_.erase(record.account);
  paths_installing_.erase(record.path);
  return std::move(claims_installing_.extract(record.id).mapped());
}

// The account's prefixes of other lengths, in the place of which it has got the tunnel's.
void Broker::Impl::give_up_outdated(const std::vector<session::Outdated>& outdated, const TunnelRecord& tunnel) {
  std::vector<IPv6Prefix> prefixes;
  for (const auto& [prefix, quarantine_end] : outdated) {
    // Given up, free again, and being offered anew: it ends with that offer.
    if (offered_claims_.contains(prefix)) continue;
    // Another session of the account may have given it up since it was offered.
    const bool is_same = pools_.quarantine_end(prefix) == quarantine_end;
    // What is not known here at all, another broker has made for the account.
    if (is_same && (shares_store() || pools_.is_claimed(prefix))) prefixes.push_back(prefix);
  }
  if (prefixes.empty()) return;
  commit_and_publish(quarantine_changes(prefixes, tunnel.account, config_->quarantine_account), tunnel.account,
                     tunnel.login);
}

// The tunnel is up: the session is bound to it, and is the path's only one.
void Broker::Impl::activate(Session& session, Tunnel& tunnel) {
  const TunnelId id = tunnel.record.id;
  const auto outdated = std::move(session.offer->outdated);
  keep_name_servers(session);
  session.offer.reset();
  if (tunnel.record.delegated) give_up_outdated(outdated, tunnel.record);
  if (tunnel.session && *tunnel.session != session.id.value) {
    if (Session* earlier = sessions_.find(SessionId{*tunnel.session})) {
      earlier->tunnel.reset();
      sessions_.set_established(*earlier, false);
      end_session(*earlier);
    }
  }
  if (session.transport == session::Transport::Datagram) {
    // Beside another client's tunnel in UDP, one without ports on the same path is no successor.
    const session::PathSessions both = sessions_.by_path(session.path);
    const Tunnel* others = both.current->tunnel ? tunnels_.find(*both.current->tunnel) : nullptr;
    const bool stays = others != nullptr && others->record.account != tunnel.record.account;
    if (both.current != &session && !stays) end_session(*both.current);
  }
  session.tunnel = id;
  tunnel.session = session.id.value;
  sessions_.set_established(session, true);
  session.dialogue.accepted();
  session.dialogue.slim();
  std::string().swap(session.udp.last_reply);  // it was cleared, and still has the room of the offer
  answer(session, {});
}

void Broker::Impl::reject(Session& session) {
  answer(session, {}, true);
  // close drops the offer; over TCP the session is gone now
}

void Broker::Impl::remove_by_client(Session& session) {
  Tunnel* tunnel = tunnel_of(session);
  if (tunnel == nullptr || tunnel->state != tunnel::TunnelState::Active) {
    report_bad_request(session, wire::Status::ServerError, "delete without a tunnel");
    answer(session, wire::framed(wire::Status::ServerError));
    return;
  }
  // The session outlives its tunnel, to be able to answer.
  if (session.tunnel) {
    session.tunnel.reset();
    tunnel->session.reset();
    sessions_.set_established(session, false);
    sessions_.set_deadline(session, now_.mono + config_->session_retention);
  }
  const SessionId id = session.id;
  const auto then = [this, id] {
    Session* asker = sessions_.find(id);
    if (asker == nullptr) return;
    drop_offer(*asker);
    asker->dialogue.withdrawn();
    answer(*asker, wire::framed(wire::Status::Success));
  };
  remove_tunnel(tunnel->record.id, {.reason = EndReason::Deleted, .then = then});
}

void Broker::Impl::inform(Session& session) {
  const Tunnel* tunnel = tunnel_of(session);
  if (tunnel == nullptr) report_bad_request(session, wire::Status::ServerError, "info without a tunnel");
  answer(session, tunnel != nullptr ? offer_reply(tunnel->record, name_servers_of(session))
                                    : wire::framed(wire::Status::ServerError));
}

// The tunnel a session may ask about or delete: its own, or its account's. An anonymous session has none but its
// own: anybody could open one in another's name.
Broker::Impl::Tunnel* Broker::Impl::tunnel_of(const Session& session) {
  if (session.tunnel) return tunnels_.find(*session.tunnel);
  const AccountRecord* record = session.dialogue.account();
  return record ? tunnels_.by_account(record->account.id) : nullptr;
}

}  // namespace tsp
