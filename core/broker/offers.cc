// SPDX-License-Identifier: Apache-2.0
//
// `create`: from a request to an offer. Reserved in memory, then recorded in the store, then told to the client.
#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/broker/impl.h"
#include "core/tunnel/keepalive.h"
#include "core/tunnel/mtu.h"

namespace tsp {
namespace {

// Somebody else took what was chosen: the account in another session, or another broker on the same store.
constexpr unsigned kAttempts = 8;

std::string slash(std::uint8_t length) {
  return "/" + std::to_string(length);
}

bool contains(const std::vector<IPv6Prefix>& prefixes, const IPv6Prefix& wanted) {
  return std::ranges::find(prefixes, wanted) != prefixes.end();
}

// Whether the account holds a prefix around the address, so that nobody else is given it.
bool keeps_for_itself(const AccountRecord& record, const IPv6Address& address) {
  return std::ranges::any_of(record.prefixes, [&](const Claim& claim) {
    return claim.state == ClaimState::Held && claim.prefix.contains(address);
  });
}

// Whether one end of the tunnel lies in the prefix: it is a part of the lease then, delegated or not.
bool holds_an_end(const IPv6Prefix& prefix, const TunnelRecord& tunnel) {
  return prefix.contains(tunnel.inner) || prefix.contains(tunnel.server_address);
}

}  // namespace

void Broker::Impl::create(Session& session, const wire::CreateRequest& request) {
  if (session.offer && session.offer->request == request && offer_stands(session)) {
    session.dialogue.offered();
    answer(session, session.offer->reply);
    return;
  }
  // Another request takes the offer back, whatever comes of it.
  drop_offer(session);
  if (session.dialogue.state() == session::State::Offered) session.dialogue.withdrawn();
  const auto type = choose_type(session, request);
  if (!type) {
    refuse(session, type.error().status, type.error().why);
  } else if (const auto fault = request_fault(session, *type, request)) {
    refuse(session, fault->status, fault->why);
  } else {
    draw_up(session, request, *type, kAttempts);
  }
}

std::optional<Broker::Impl::Fault> Broker::Impl::request_fault(const Session& session, TunnelType type,
                                                               const wire::CreateRequest& request) const {
  using wire::Status;
  const bool over_ipv4 = session.path.remote.is_ipv4();
  if (request.bad_ipv4 || (over_ipv4 && !request.client_ipv4)) return Fault{Status::InvalidIPv4Address};
  if (request.bad_ipv6 || (!over_ipv4 && !request.client_ipv6)) return Fault{Status::InvalidIPv6Address};
  if (is_own_address(session.path.remote.address)) {
    return Fault{over_ipv4 ? Status::InvalidIPv4Address : Status::InvalidIPv6Address,
                 "the client's outer address is one of server.own_addresses"};
  }
  return request.router ? router_fault(session, type, *request.router) : std::nullopt;
}

std::optional<Broker::Impl::Fault> Broker::Impl::router_fault(const Session& session, TunnelType type,
                                                              const wire::RouterRequest& router) const {
  using wire::Status;
  const AccountRecord* record = session.dialogue.account();
  if (!record) return Fault{Status::PrefixForAnonymous};
  if (!router.prefix_length) return Fault{Status::MissingPrefixLength};
  const bool own_limits = record->account.prefix_limits && !carries_ipv4(type);
  const PrefixLimits limits = own_limits           ? *record->account.prefix_limits
                              : carries_ipv4(type) ? config_->ipv4_prefix_limits
                                                   : config_->prefix_limits;
  const std::uint8_t length = *router.prefix_length;
  const auto refuse_length = [length](const std::string& why) {
    return Fault{Status::UnsupportedPrefixLength, slash(length) + " was asked for, " + why};
  };
  if (pools_.of(type).layout().delegations.empty()) return refuse_length("the pool has no range of delegations");
  const unsigned largest = carries_ipv4(type) ? pool::kIPv4DelegationLengthMax : pool::kDelegationLengthMax;
  const auto longest = static_cast<std::uint8_t>(std::min<unsigned>(limits.longest, largest));
  if (length >= limits.shortest && length <= longest) return std::nullopt;
  return refuse_length(slash(limits.shortest) + " to " + slash(longest) + " are allowed" +
                       (own_limits ? " for this account" : ""));
}

void Broker::Impl::draw_up(Session& session, const wire::CreateRequest& request, TunnelType type,
                           unsigned attempts_left) {
  if (drain_) {
    turn_away(session, kDraining);
    return;
  }
  const AccountRecord* record = session.dialogue.account();
  if (record && damped(record->account.id)) {
    refuse(session, wire::Status::NoMoreTunnels, "limits.evictions_max");
    return;
  }
  if (const auto home = home_elsewhere(session); !home.empty()) {
    send_on(session, home, "its account has another broker as its home");
    return;
  }
  const FourTuple path = outer_path(type, session.path, request);
  if (const auto limit = over_quota(record ? record->account.id : kAnonymous, path)) {
    if (*limit == kFull) {
      turn_away(session, *limit);
    } else {  // of this client alone: other brokers are not to be asked for what it is not meant to have
      refuse(session, wire::Status::NoMoreTunnels, *limit);
    }
    return;
  }
  if (record && request.router && attempts_left == kAttempts && is_overtaken(*record, type)) {
    read_again(session, request, type, attempts_left - 1);
    return;
  }
  Draft draft{
      .request = request, .tunnel = wanted_tunnel(record, type, path), .fresh = {}, .offered = {}, .outdated = {}};
  draft.tunnel.keepalive_seconds = tunnel::negotiate_keepalive(request.keepalive_seconds, *config_);
  if (is_taken(draft.tunnel, endpoint_proved(session, request))) {
    refuse(session, wire::Status::IPv4AddressInUse, "another client's tunnel has this outer address");
    return;
  }
  auto fault = choose_address(record, draft);
  if (!fault && request.router) fault = choose_prefix(*record, *request.router->prefix_length, draft);
  if (fault) {
    give_back(draft.fresh);
    if (fault->status == wire::Status::NoMoreTunnels) {
      turn_away(session, fault->why);
    } else {
      refuse(session, fault->status, fault->why);
    }
  } else if (draft.needs_store) {
    reserve(session, std::move(draft), attempts_left);
  } else {
    make_offer(session, draft);
  }
}

// All but its addresses. No record: an anonymous client's.
TunnelRecord Broker::Impl::wanted_tunnel(const AccountRecord* record, TunnelType type, const FourTuple& path) const {
  TunnelRecord wanted;
  wanted.broker = config_->broker;
  wanted.type = type;
  wanted.path = path;
  const auto own_mtu = record != nullptr ? record->account.mtu : std::nullopt;
  const std::uint16_t pool_mtu = carries_ipv4(type)  ? config_->tunnel_mtu_ipv4.value_or(config_->tunnel_mtu)
                                 : record == nullptr ? config_->tunnel_mtu_anonymous.value_or(config_->tunnel_mtu)
                                                     : config_->tunnel_mtu;
  wanted.mtu = tunnel::choose_mtu(type, own_mtu.value_or(pool_mtu), config_->tunnel_mtu_max);
  wanted.server_address = pools_.of(type).layout().server_address;
  if (record == nullptr) return wanted;
  wanted.account = record->account.id;
  wanted.login = record->account.login;
  const auto own_server = record->account.server_address;
  if (!carries_ipv4(type) && own_server && keeps_for_itself(*record, *own_server)) wanted.server_address = *own_server;
  return wanted;
}

// Whether one more tunnel would be too many; a tunnel that takes another's place is not one more.
std::optional<std::string_view> Broker::Impl::over_quota(AccountId account, const FourTuple& path) {
  if (tunnels_.by_account(account) != nullptr || tunnels_.by_path(path) != nullptr) return std::nullopt;
  if (tunnels_.size() >= config_->tunnels_max) return kFull;
  if (account != kAnonymous) return std::nullopt;
  const bool full = tunnels_.anonymous_from(path.remote.address) >= config_->anonymous_tunnels_per_source_max;
  return full ? std::optional<std::string_view>("limits.anonymous_tunnels_per_source_max") : std::nullopt;
}

std::optional<Broker::Impl::Fault> Broker::Impl::choose_address(const AccountRecord* record, Draft& draft) {
  TunnelRecord& wanted = draft.tunnel;
  const auto own = record ? record->address_for(wanted.type) : std::nullopt;
  if (own && is_the_accounts_still(*own)) {
    wanted.inner = own->prefix.base;
    if (own->state == ClaimState::Offered) offer_again(own->prefix, draft);
    return std::nullopt;
  }
  if (!record) {
    // The same lease for the same 4-tuple, so that a forged request changes nothing.
    const Tunnel* live = tunnels_.by_path(wanted.path);
    if (live != nullptr && live->record.account == kAnonymous) {
      wanted.inner = live->record.inner;
      wanted.keepalive_seconds = live->record.keepalive_seconds;
      draft.needs_store = false;
      return std::nullopt;
    }
  }
  const pool::Pool& pool = pools_.of(wanted.type);
  const auto address = record ? pool.choose_host(random_) : pool.choose_anonymous(random_);
  if (!address) {
    const std::string range = record ? "accounts" : "anonymous clients";
    return Fault{wire::Status::NoMoreTunnels, "no address of the pool's range for " + range + " is free"};
  }
  wanted.inner = *address;
  draft.fresh.push_back(host_prefix(*address));
  pools_.claim(host_prefix(*address));
  return std::nullopt;
}

// What was on offer when the record was read may have been taken back since, and be part of something else by now.
bool Broker::Impl::is_the_accounts_still(const Claim& claim) const {
  if (erasing_.contains(claim.prefix)) return false;
  return claim.state == ClaimState::Held || pools_.is_claimed(claim.prefix) || pools_.is_unclaimed(claim.prefix);
}

// On offer when the record was read; if it was taken back it is claimed anew.
void Broker::Impl::offer_again(const IPv6Prefix& prefix, Draft& draft) {
  const bool still = pools_.is_claimed(prefix);
  (still ? draft.offered : draft.fresh).push_back(prefix);
  if (!still) pools_.claim(prefix);
}

// The prefix the account holds, if it has the length asked for (as people write it); else the one of that length that
// it gave up, or a new one, which replaces it when accepted. One that holds the account's address or the server's stays
// beside it.
std::optional<Broker::Impl::Fault> Broker::Impl::choose_prefix(const AccountRecord& record, std::uint8_t length,
                                                               Draft& draft) {
  const TunnelType type = draft.tunnel.type;
  const unsigned mapped_length = carries_ipv4(type) ? kMappedLength + length : length;
  for (const Claim& claim : record.prefixes_for(type)) {
    if (!is_the_accounts_still(claim)) continue;
    if (claim.prefix.length == mapped_length) {
      draft.tunnel.delegated = claim.prefix;
      if (claim.state == ClaimState::Offered) offer_again(claim.prefix, draft);
    } else if (claim.state == ClaimState::Held && !holds_an_end(claim.prefix, draft.tunnel)) {
      draft.outdated.push_back({.prefix = claim.prefix, .quarantine_end = pools_.quarantine_end(claim.prefix)});
    }
  }
  for (const Claim& claim : record.quarantined) {
    if (!draft.tunnel.delegated && claim.prefix.length == mapped_length) draft.tunnel.delegated = claim.prefix;
  }
  if (draft.tunnel.delegated) {
    draft.quarantine_end = pools_.quarantine_end(*draft.tunnel.delegated);
    return std::nullopt;
  }
  const auto prefix = pools_.of(type).choose_delegation(mapped_length);
  if (!prefix) return Fault{wire::Status::PrefixNotAvailable, "no " + slash(length) + " of the pool is free"};
  draft.tunnel.delegated = prefix;
  draft.fresh.push_back(*prefix);
  pools_.claim(*prefix);
  return std::nullopt;
}

void Broker::Impl::reserve(Session& session, Draft draft, unsigned attempts_left) {
  std::vector<StoreChange> changes = reservation(draft);
  const SessionId id = session.id;
  const Instant give_up = patience(session);
  ask_store(
      CommitChanges{.op = {}, .changes = std::move(changes)},
      [this, id, draft = std::move(draft), attempts_left](const StoreDone& done) {
        on_reserved(id, draft, attempts_left, done);
      },
      give_up);
}

// Even what the account holds already is written, unchanged: the record that was read may have been overtaken.
std::vector<StoreChange> Broker::Impl::reservation(const Draft& draft) {
  std::vector<StoreChange> changes;
  const auto claim = [&](const IPv6Prefix& prefix) {
    const bool held = !contains(draft.fresh, prefix) && !contains(draft.offered, prefix);
    changes.emplace_back(PutClaim{Claim{.prefix = prefix,
                                        .owner = draft.tunnel.account,
                                        .state = held ? ClaimState::Held : ClaimState::Offered,
                                        .until = {},
                                        .broker = config_->broker}});
  };
  claim(host_prefix(draft.tunnel.inner));
  if (draft.tunnel.delegated) claim(*draft.tunnel.delegated);
  // From now on: whoever else was offered the same must not take it back meanwhile.
  hold_offered(draft.fresh);
  hold_offered(draft.offered);
  return changes;
}

void Broker::Impl::on_reserved(SessionId id, const Draft& draft, unsigned attempts_left, const StoreDone& done) {
  Session* session = sessions_.find(id);
  switch (done.status) {
    case StoreStatus::Done:
      note_offered(draft);
      learn_claims(draft);
      if (draft.quarantine_end) publish_account(draft.tunnel.account, draft.tunnel.login);
      if (session != nullptr) {
        make_offer(*session, draft);
        return;
      }
      break;
    case StoreStatus::Taken:
    case StoreStatus::Missing:
      if (session != nullptr && attempts_left > 0) {
        choose_again(*session, draft, attempts_left - 1, done);
        return;
      }
      break;
    case StoreStatus::Unavailable:
    case StoreStatus::Unknown:
      break;
  }
  take_back(draft, done.status);
  if (session != nullptr) refuse(*session, wire::Status::ServerError, "the claim could not be written to the store");
}

// Nobody waits any more, or nobody knows: whatever was written is to be taken back.
void Broker::Impl::take_back(const Draft& draft, StoreStatus written) {
  if (written == StoreStatus::Done || written == StoreStatus::Unavailable) {
    drop_offered(draft.fresh);
    drop_offered(draft.offered);
    if (draft.quarantine_end && written != StoreStatus::Done) {
      settle_taken_back(*draft.tunnel.delegated, *draft.quarantine_end, written);
    }
  } else {
    let_go(draft);
  }
}

// The store refused: nothing was written. What had been offered before may have been accepted since, and stays.
void Broker::Impl::let_go(const Draft& draft) {
  static_cast<void>(count_down_offered(draft.fresh));
  give_back(draft.fresh);
  static_cast<void>(count_down_offered(draft.offered));
}

// The same, and what is somebody else's is marked in the pool, not to be chosen again.
void Broker::Impl::let_go(const Draft& draft, const StoreDone& refusal) {
  let_go(draft);
  const auto in_the_way = [&](const IPv6Prefix& prefix) { return prefix.overlaps(*refusal.occupied); };
  if (refusal.occupied && std::ranges::any_of(draft.fresh, in_the_way)) pools_.claim(*refusal.occupied);
}

void Broker::Impl::choose_again(Session& session, const Draft& draft, unsigned attempts_left,
                                const StoreDone& refusal) {
  let_go(draft, refusal);
  if (!session.dialogue.account()) {
    draw_up(session, draft.request, draft.tunnel.type, attempts_left);
    return;
  }
  read_again(session, draft.request, draft.tunnel.type, attempts_left);
}

// What the account itself has taken or given up meanwhile is read back.
void Broker::Impl::read_again(const Session& session, const wire::CreateRequest& request, TunnelType type,
                              unsigned attempts_left) {
  const SessionId id = session.id;
  const auto then = [this, id, request, type, attempts_left](const StoreDone& done) {
    Session* asker = sessions_.find(id);
    if (asker == nullptr) return;
    if (done.status != StoreStatus::Done || done.accounts.empty() || !done.accounts.front().account.enabled) {
      refuse(*asker, wire::Status::ServerError, "the account could not be read again");
      return;
    }
    asker->dialogue.set_account(done.accounts.front());
    draw_up(*asker, request, type, attempts_left);
  };
  ask_store(FindAccount{.op = {}, .login = session.dialogue.account()->account.login}, then, patience(session));
}

void Broker::Impl::give_back(const std::vector<IPv6Prefix>& prefixes) {
  for (const IPv6Prefix& prefix : prefixes) pools_.release(prefix);
}

void Broker::Impl::make_offer(Session& session, const Draft& draft) {
  session.offer = std::make_unique<session::PendingOffer>(
      session::PendingOffer{.request = draft.request,
                            .tunnel = draft.tunnel,
                            .claims = draft.claims(),
                            .outdated = draft.outdated,
                            .name_servers = new_name_servers(session, draft.request),
                            .reply = {}});
  session::PendingOffer& offer = *session.offer;
  const auto name_servers = carries_ipv4(draft.tunnel.type) ? std::vector<std::string>()
                                                            : offer.name_servers.value_or(name_servers_of(session));
  offer.reply = offer_reply(draft.tunnel, name_servers);
  session.dialogue.offered();
  ++counters_.offers_made;
  answer(session, offer.reply);
}

// An anonymous client was offered the lease of its own tunnel, which has no claim of its own, and goes with the tunnel.
bool Broker::Impl::offer_stands(const Session& session) {
  if (!session.offer || session.offer->tunnel.account != kAnonymous || !session.offer->claims.empty()) return true;
  const Tunnel* live = tunnels_.by_path(session.offer->tunnel.path);
  return live != nullptr && live->record.inner == session.offer->tunnel.inner;
}

// Takes back what only this offer needed.
void Broker::Impl::drop_offer(Session& session) {
  if (!session.offer) return;
  const std::vector<IPv6Prefix> claims = std::move(session.offer->claims);
  session.offer.reset();
  drop_offered(claims);
}

void Broker::Impl::hold_offered(const std::vector<IPv6Prefix>& prefixes) {
  for (const IPv6Prefix& prefix : prefixes) {
    ++offered_claims_[prefix].offers;
    pools_.claim(prefix);
  }
}

// Another broker may have made them: the store says that they are this account's. What is known here stays as it is: it
// may have been given up while the commit was under way.
void Broker::Impl::learn_claims(const Draft& draft) {
  const auto learn = [this](const IPv6Prefix& prefix) {
    if (!pools_.is_claimed(prefix)) pools_.claim(prefix);
  };
  learn(host_prefix(draft.tunnel.inner));
  if (!draft.tunnel.delegated) return;
  learn(*draft.tunnel.delegated);
  if (draft.quarantine_end) settle_taken_back(*draft.tunnel.delegated, *draft.quarantine_end, StoreStatus::Done);
}

// The store has them as Offered.
void Broker::Impl::note_offered(const Draft& draft) {
  for (const IPv6Prefix& prefix : draft.claims()) offered_claims_[prefix].held = false;
}

// One of the offers was accepted. The others know nothing of it, and must not take the claims back when they end.
void Broker::Impl::note_accepted(const std::vector<IPv6Prefix>& prefixes) {
  for (const IPv6Prefix& prefix : prefixes) {
    const auto claim = offered_claims_.find(prefix);
    if (claim == offered_claims_.end()) continue;
    claim->second.held = true;
    if (--claim->second.offers == 0) offered_claims_.erase(claim);
  }
}

void Broker::Impl::drop_offered(const std::vector<IPv6Prefix>& prefixes) {
  free_claims(count_down_offered(prefixes));
}

// Returns those that nobody is offered any more.
std::vector<IPv6Prefix> Broker::Impl::count_down_offered(const std::vector<IPv6Prefix>& prefixes) {
  std::vector<IPv6Prefix> unneeded;
  for (const IPv6Prefix& prefix : prefixes) {
    const auto claim = offered_claims_.find(prefix);
    if (claim == offered_claims_.end()) continue;
    TSP_ASSERT(claim->second.offers > 0);
    if (--claim->second.offers > 0) continue;
    if (!claim->second.held) unneeded.push_back(prefix);
    offered_claims_.erase(claim);
  }
  return unneeded;
}

// Of use again only when the store has certainly forgotten them: an erasure whose outcome is unknown is repeated, and
// must not strike a newer claim then.
void Broker::Impl::free_claims(const std::vector<IPv6Prefix>& prefixes) {
  if (prefixes.empty()) return;
  std::vector<StoreChange> changes;
  for (const IPv6Prefix& prefix : prefixes) {
    changes.emplace_back(WithdrawClaim{.prefix = prefix, .broker = config_->broker});
    erasing_.insert(prefix);
  }
  ask_store(
      CommitChanges{.op = {}, .changes = std::move(changes)},
      [this, prefixes](const StoreDone& done) {
        for (const IPv6Prefix& prefix : prefixes) {
          erasing_.erase(prefix);
          if (done.status == StoreStatus::Done) pools_.release(prefix);
        }
      },
      std::nullopt);
}

std::string Broker::Impl::offer_reply(const TunnelRecord& tunnel, const std::vector<std::string>& name_servers) const {
  TSP_ASSERT(!config_->dns_servers.empty());
  const Offer offer{.type = tunnel.type,
                    .server_outer = tunnel.path.local.address,
                    .client_outer = tunnel.path.remote.address,
                    .server_inner = tunnel.server_address,
                    .client_inner = tunnel.inner,
                    .delegated = tunnel.delegated,
                    .name_servers = name_servers,
                    .dns_server = config_->dns_servers.front(),
                    .client_name = carries_ipv4(tunnel.type) ? std::nullopt : host_name_of(tunnel.login),
                    .keepalive_seconds = tunnel.keepalive_seconds,
                    .keepalive_address = tunnel.server_address,
                    .lifetime_minutes = config_->lifetime_minutes};
  return wire::framed(wire::Status::Success, wire::offer_text(offer));
}

}  // namespace tsp
