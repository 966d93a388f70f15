// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/store_contents.h"

#include <algorithm>
#include <utility>

#include "adapters/port/claim_rules.h"
#include "core/base/assert.h"

namespace tsp::sim {
namespace {

using Outcome = StoreContents::Outcome;

Outcome taken(std::string detail) {
  return {.status = StoreStatus::Taken, .detail = std::move(detail)};
}
Outcome taken(const Claim& put, const Claim& there) {
  return {.status = StoreStatus::Taken, .detail = port::refusal_text(put, there), .occupied = there.prefix};
}
Outcome missing_totp(const std::string& login) {
  return {.status = StoreStatus::Missing, .detail = "there is no console login, or no second factor of " + login};
}
Outcome missing(AccountId id) {
  return {.status = StoreStatus::Missing, .detail = "there is no account " + std::to_string(id.value)};
}

}  // namespace

// Applies the changes of one commit and remembers how to take them back.
class StoreContents::Transaction {
 public:
  Transaction(StoreContents& contents, const std::vector<StoreChange>& changes)
      : contents_(contents), changes_(changes) {}

  Outcome run() {
    for (const StoreChange& change : changes_) {
      Outcome outcome = std::visit([this](const auto& c) { return apply(c); }, change);
      if (outcome.status == StoreStatus::Done) continue;
      for (auto step = undo_.rbegin(); step != undo_.rend(); ++step) (*step)();
      return outcome;
    }
    return {};
  }

 private:
  Outcome apply(const AddAccount& change) {
    const Account& account = change.account;
    const auto same_login = contents_.logins_.find(account.login);
    if (same_login != contents_.logins_.end() && same_login->second != account.id) return taken("the login exists");
    const auto same_id = contents_.accounts_.find(account.id);
    if (same_id != contents_.accounts_.end() && same_id->second.login != account.login) {
      return taken("the account id exists");
    }
    set(contents_.accounts_, account.id, std::optional(account));
    set(contents_.logins_, account.login, std::optional(account.id));
    return {};
  }

  Outcome apply(const UpdateAccount& change) {
    const auto found = contents_.accounts_.find(change.account.id);
    if (found == contents_.accounts_.end() || found->second.login != change.account.login) {
      return missing(change.account.id);
    }
    if (found->second != change.before && found->second != change.account) return taken("the account was changed");
    set(contents_.accounts_, change.account.id, std::optional(change.account));
    return {};
  }

  Outcome apply(const DeleteAccount& change) {
    const auto found = contents_.accounts_.find(change.id);
    if (found == contents_.accounts_.end()) return missing(change.id);
    std::vector<IPv6Prefix> owned;
    for (auto it = contents_.claims_by_owner_.lower_bound({change.id, {}});
         it != contents_.claims_by_owner_.end() && it->first == change.id; ++it) {
      if (!speaks_of(it->second)) owned.push_back(it->second);
    }
    for (const IPv6Prefix& prefix : owned) set_claim(prefix, left_of(contents_.claims_.at(prefix)));
    set(contents_.logins_, found->second.login, std::optional<AccountId>());
    set(contents_.accounts_, change.id, std::optional<Account>());
    set(contents_.name_servers_, change.id, std::optional<std::vector<std::string>>());
    erase_access_of(change.id);
    return {};
  }

  Outcome apply(const PutNameServers& change) {
    if (!contents_.accounts_.contains(change.account)) return missing(change.account);
    set(contents_.name_servers_, change.account,
        change.names.empty() ? std::nullopt : std::optional<std::vector<std::string>>(change.names));
    return {};
  }

  Outcome apply(const PutClaim& change) {
    const Claim& claim = change.claim;
    if (const Claim* other = contents_.find_conflict(claim)) {
      return taken(claim, *other);
    }
    if (const Claim* other = contents_.find_of_same_length(claim)) {
      return taken(claim, *other);
    }
    set_claim(claim.prefix, claim);
    return {};
  }

  Outcome apply(const WithdrawClaim& change) {
    const auto found = contents_.claims_.find(change.prefix);
    if (found == contents_.claims_.end()) return {};
    const Claim& claim = found->second;
    if (claim.state == ClaimState::Offered && claim.broker == change.broker) set_claim(change.prefix, std::nullopt);
    return {};
  }

  Outcome apply(const EndQuarantine& change) {
    const auto found = contents_.claims_.find(change.prefix);
    if (found == contents_.claims_.end()) return {};
    const Claim& claim = found->second;
    if (claim.state == ClaimState::Quarantined && claim.until <= change.now) set_claim(change.prefix, std::nullopt);
    return {};
  }

  Outcome apply(const PutTunnel& change) {
    TunnelRecord tunnel = change.tunnel;
    tunnel.evicted.reset();
    tunnel.evicted_by.reset();
    const auto there = contents_.tunnels_.find(tunnel.id);
    const auto account = contents_.accounts_.find(tunnel.account);
    if (there != contents_.tunnels_.end()) {
      if (there->second.evicted) return taken("the tunnel was evicted by another broker");
    } else if (tunnel.account != kAnonymous && (account == contents_.accounts_.end() || !account->second.enabled)) {
      return missing(tunnel.account);
    }
    tunnel.login = account == contents_.accounts_.end() ? "" : account->second.login;
    set(contents_.tunnels_, tunnel.id, std::optional(tunnel));
    return {};
  }

  Outcome apply(const EvictTunnels& change) {
    std::vector<TunnelRecord> evicted;
    for (const auto& [id, tunnel] : contents_.tunnels_) {
      if (tunnel.account == change.account && tunnel.account != kAnonymous && tunnel.broker != change.by &&
          !tunnel.evicted) {
        evicted.push_back(tunnel);
      }
    }
    for (TunnelRecord& tunnel : evicted) {
      tunnel.evicted = change.reason;
      tunnel.evicted_by = change.by;
      set(contents_.tunnels_, tunnel.id, std::optional(tunnel));
    }
    return {};
  }

  Outcome apply(const EraseTunnel& change) {
    const auto found = contents_.tunnels_.find(change.id);
    if (found == contents_.tunnels_.end()) return {};
    contents_.history_.push_back({.entry = contents_.history_.size() + 1,
                                  .tunnel = found->second,
                                  .reason = change.reason,
                                  .ended = change.ended});
    undo_.emplace_back([this] { contents_.history_.pop_back(); });
    set(contents_.tunnels_, change.id, std::optional<TunnelRecord>());
    return {};
  }

  Outcome apply(const PutBroker& change) {
    set(contents_.brokers_, change.broker.id, std::optional(change.broker));
    return {};
  }
  Outcome apply(const EraseBroker& change) {
    set(contents_.brokers_, change.id, std::optional<BrokerRecord>());
    return {};
  }

  Outcome apply(const PutApiToken& change) {
    const ApiToken& token = change.token;
    if (token.account != kAnonymous && !contents_.accounts_.contains(token.account)) return missing(token.account);
    for (const auto& [id, other] : contents_.tokens_) {
      if (id == token.id) continue;
      if (other.hash == token.hash) return taken("there is a token with this hash");
      if (other.login == token.login && other.name == token.name) return taken("there is a token of this name");
    }
    set(contents_.tokens_, token.id, std::optional(token));
    return {};
  }
  Outcome apply(const EraseApiToken& change) {
    set(contents_.tokens_, change.id, std::optional<ApiToken>());
    return {};
  }
  Outcome apply(const PutConsoleLogin& change) {
    const ConsoleLogin& login = change.console_login;
    if (login.account != kAnonymous && !contents_.accounts_.contains(login.account)) return missing(login.account);
    const auto there = contents_.console_logins_.find(login.login);
    if (there != contents_.console_logins_.end() && there->second.account != login.account) {
      return taken("the console login is another account's");
    }
    set(contents_.console_logins_, login.login, std::optional(login));
    note_need_of_code(login.login);
    return {};
  }
  Outcome apply(const EraseConsoleLogin& change) {
    set(contents_.console_logins_, change.login, std::optional<ConsoleLogin>());
    set(contents_.console_totps_, change.login, std::optional<ConsoleTotp>());
    return {};
  }
  Outcome apply(const PutConsoleTotp& change) {
    if (!contents_.console_logins_.contains(change.totp.login)) return missing_totp(change.totp.login);
    set(contents_.console_totps_, change.totp.login, std::optional(change.totp));
    note_need_of_code(change.totp.login);
    return {};
  }
  Outcome apply(const EraseConsoleTotp& change) {
    set(contents_.console_totps_, change.login, std::optional<ConsoleTotp>());
    note_need_of_code(change.login);
    return {};
  }
  Outcome apply(const UseConsoleTotp& change) {
    const auto found = contents_.console_totps_.find(change.login);
    if (found == contents_.console_totps_.end()) return missing_totp(change.login);
    ConsoleTotp totp = found->second;
    const bool is_same = totp.last_step == change.step && totp.last_use == change.use;
    if (totp.last_step >= change.step && !is_same) return taken("the code was used already");
    totp.last_step = change.step;
    totp.last_use = change.use;
    set(contents_.console_totps_, change.login, std::optional(totp));
    return {};
  }
  void note_need_of_code(const std::string& name) {
    const auto login = contents_.console_logins_.find(name);
    if (login == contents_.console_logins_.end()) return;
    const ConsoleTotp* totp = contents_.totp_of(name);
    ConsoleLogin changed = login->second;
    changed.needs_code = totp != nullptr && totp->confirmed;
    set(contents_.console_logins_, name, std::optional(changed));
  }
  Outcome apply(const AddAuditEntry& change) {
    const AuditPlace place{change.entry.at, change.entry.id};
    if (!contents_.audit_.contains(place)) set(contents_.audit_, place, std::optional(change.entry));
    return {};
  }
  void erase_access_of(AccountId account) {
    std::vector<ApiTokenId> tokens;
    for (const auto& [id, token] : contents_.tokens_) {
      if (token.account == account) tokens.push_back(id);
    }
    for (const ApiTokenId id : tokens) set(contents_.tokens_, id, std::optional<ApiToken>());
    std::vector<std::string> logins;
    for (const auto& [name, login] : contents_.console_logins_) {
      if (login.account == account) logins.push_back(name);
    }
    for (const std::string& name : logins) apply(EraseConsoleLogin{name});
  }

  // Of a claim whose account is deleted.
  static std::optional<Claim> left_of(Claim claim) {
    if (claim.state != ClaimState::Quarantined) return std::nullopt;
    claim.owner = kAnonymous;
    return claim;
  }
  [[nodiscard]] bool speaks_of(const IPv6Prefix& prefix) const {
    return std::ranges::any_of(changes_, [&](const StoreChange& change) {
      const auto* put = std::get_if<PutClaim>(&change);
      return put != nullptr && put->claim.prefix == prefix;
    });
  }

  void set_claim(const IPv6Prefix& prefix, const std::optional<Claim>& value) {
    assign_claim(prefix, set(contents_.claims_, prefix, value), value);
  }
  // The index follows the map, on the way back as well.
  void assign_claim(const IPv6Prefix& prefix, const std::optional<Claim>& before, const std::optional<Claim>& after) {
    index_claim(prefix, before, after);
    undo_.emplace_back([=, this] { index_claim(prefix, after, before); });
  }
  void index_claim(const IPv6Prefix& prefix, const std::optional<Claim>& from, const std::optional<Claim>& to) {
    if (from && port::belongs_to_account(*from)) contents_.claims_by_owner_.erase({from->owner, prefix});
    if (to && port::belongs_to_account(*to)) contents_.claims_by_owner_.insert({to->owner, prefix});
  }

  // Inserts, replaces or (nullopt) erases; returns what was there.
  template <class Key, class Value>
  std::optional<Value> set(std::map<Key, Value>& map, const Key& key, const std::optional<Value>& value) {
    std::optional<Value> before;
    if (const auto found = map.find(key); found != map.end()) before = found->second;
    assign(map, key, value);
    undo_.emplace_back([&map, key, before] { assign(map, key, before); });
    return before;
  }
  template <class Key, class Value>
  static void assign(std::map<Key, Value>& map, const Key& key, const std::optional<Value>& value) {
    if (value) {
      map.insert_or_assign(key, *value);
    } else {
      map.erase(key);
    }
  }

  StoreContents& contents_;
  const std::vector<StoreChange>& changes_;
  std::vector<std::function<void()>> undo_;
};

Outcome StoreContents::commit(const std::vector<StoreChange>& changes) {
  Outcome outcome = Transaction(*this, changes).run();
  if (outcome.status == StoreStatus::Done && watcher_) watcher_(changes);
  return outcome;
}

std::optional<AccountRecord> StoreContents::find(const std::string& login) const {
  const auto found = logins_.find(login);
  if (found == logins_.end()) return std::nullopt;
  return with_claims(accounts_.at(found->second));
}

std::vector<AccountRecord> StoreContents::list(const std::string& after, std::uint32_t limit) const {
  std::vector<AccountRecord> page;
  for (auto it = logins_.upper_bound(after); it != logins_.end() && page.size() < limit; ++it) {
    page.push_back(with_claims(accounts_.at(it->second)));
  }
  return page;
}

StoreSnapshot StoreContents::load(BrokerId broker) const {
  StoreSnapshot snapshot;
  for (const auto& [prefix, claim] : claims_) snapshot.claims.push_back(claim);
  for (const auto& [id, tunnel] : tunnels_) {
    if (tunnel.broker == broker) snapshot.tunnels.push_back(tunnel);
  }
  snapshot.brokers = brokers();
  return snapshot;
}

std::vector<TunnelRecord> StoreContents::tunnels_of(AccountId account) const {
  std::vector<TunnelRecord> found;
  for (const auto& [id, tunnel] : tunnels_) {
    if (tunnel.account == account && account != kAnonymous) found.push_back(tunnel);
  }
  return found;
}

std::optional<ApiToken> StoreContents::find_token(const ApiTokenHash& hash) const {
  for (const auto& [id, token] : tokens_) {
    if (token.hash == hash) return token;
  }
  return std::nullopt;
}

std::vector<ApiToken> StoreContents::tokens(const ListApiTokens& wanted) const {
  std::vector<ApiToken> page;
  for (auto it = tokens_.upper_bound(wanted.after); it != tokens_.end() && page.size() < wanted.limit; ++it) {
    if (!wanted.login || it->second.login == *wanted.login) page.push_back(it->second);
  }
  return page;
}

std::vector<BrokerRecord> StoreContents::brokers() const {
  std::vector<BrokerRecord> all;
  for (const auto& [id, broker] : brokers_) all.push_back(broker);
  return all;
}

std::vector<TunnelRecord> StoreContents::evicted(BrokerId broker) const {
  std::vector<TunnelRecord> found;
  for (const auto& [id, tunnel] : tunnels_) {
    if (tunnel.broker == broker && tunnel.evicted) found.push_back(tunnel);
  }
  return found;
}

AccountRecord StoreContents::with_claims(const Account& account) const {
  AccountRecord record{.account = account, .address = std::nullopt, .prefixes = {}, .name_servers = {}};
  if (const auto names = name_servers_.find(account.id); names != name_servers_.end()) {
    record.name_servers = names->second;
  }
  for (auto it = claims_by_owner_.lower_bound({account.id, {}});
       it != claims_by_owner_.end() && it->first == account.id; ++it) {
    port::add_claim(record, claims_.at(it->second));
  }
  const auto length = [](const Claim& claim) { return claim.prefix.length; };
  std::ranges::sort(record.prefixes, {}, length);
  std::ranges::sort(record.ipv4_prefixes, {}, length);
  return record;
}

const Claim* StoreContents::find_conflict(const Claim& claim) const {
  const IPv6Address last = port::last_address(claim.prefix);
  for (auto it = claims_.lower_bound({claim.prefix.base, 0}); it != claims_.end() && it->first.base <= last; ++it) {
    if (!port::may_put(claim, it->second)) return &it->second;
  }
  for (unsigned length = 0; length < claim.prefix.length; ++length) {
    const auto around = claims_.find(make_prefix(claim.prefix.base, length));
    if (around != claims_.end() && !port::may_put(claim, around->second)) return &around->second;
  }
  return nullptr;
}

const Claim* StoreContents::find_of_same_length(const Claim& claim) const {
  if (!port::belongs_to_account(claim)) return nullptr;
  for (auto it = claims_by_owner_.lower_bound({claim.owner, {}});
       it != claims_by_owner_.end() && it->first == claim.owner; ++it) {
    if (port::of_same_length(it->second, claim.prefix) && it->second != claim.prefix) return &claims_.at(it->second);
  }
  return nullptr;
}

void StoreContents::check_invariants() const {
  std::size_t owned = 0;
  for (const auto& [prefix, claim] : claims_) {
    TSP_ASSERT(prefix == claim.prefix);
    TSP_ASSERT(find_of_same_length(claim) == nullptr);
    if (port::belongs_to_account(claim)) ++owned;
    // What begins inside a claim is all that can overlap it and was not looked at from the other side.
    const IPv6Address last = port::last_address(prefix);
    for (auto it = std::next(claims_.find(prefix)); it != claims_.end() && it->first.base <= last; ++it) {
      TSP_ASSERT(port::same_owner(claim, it->second));
    }
  }
  TSP_ASSERT(owned == claims_by_owner_.size());
  TSP_ASSERT(accounts_.size() == logins_.size());
  for (const auto& [id, names] : name_servers_) TSP_ASSERT(accounts_.contains(id) && !names.empty());
}

namespace {

void add(StateHash& hash, const IPv6Prefix& prefix) {
  hash.add(ByteView(prefix.base.octets)).add(prefix.length);
}
void add(StateHash& hash, const Endpoint& endpoint) {
  hash.add(ByteView(endpoint.address.octets)).add(endpoint.port);
}

void add(StateHash& hash, const TunnelRecord& tunnel) {
  hash.add(tunnel.id.value).add(tunnel.account.value).add(tunnel.login).add(tunnel.broker.value).add(tunnel.type);
  add(hash, tunnel.path.remote);
  add(hash, tunnel.path.local);
  hash.add(ByteView(tunnel.inner.octets));
  add(hash, tunnel.delegated.value_or(IPv6Prefix{}));
  hash.add(ByteView(tunnel.server_address.octets)).add(tunnel.mtu).add(tunnel.keepalive_seconds);
  hash.add(tunnel.confirmed).add(tunnel.created.since_epoch.count());
  if (tunnel.evicted) hash.add(*tunnel.evicted);
}

}  // namespace

void StoreContents::add_to(StateHash& hash) const {
  for (const auto& [id, account] : accounts_) {
    hash.add(id.value).add(account.login).add(ByteView(account.verifier)).add(account.enabled);
    hash.add(account.created.since_epoch.count());
    const PrefixLimits limits = account.prefix_limits.value_or(PrefixLimits{0, 0});
    hash.add(limits.shortest).add(limits.longest);
    hash.add(ByteView(account.server_address.value_or(IPv6Address{}).octets)).add(account.mtu.value_or(0));
  }
  for (const auto& [prefix, claim] : claims_) {
    add(hash, prefix);
    hash.add(claim.owner.value).add(claim.state).add(claim.until.since_epoch.count()).add(claim.broker.value);
  }
  for (const auto& [id, names] : name_servers_) {
    hash.add(id.value);
    for (const std::string& name : names) hash.add(name);
  }
  for (const auto& [id, tunnel] : tunnels_) add(hash, tunnel);
  hash.add(history_.size());
  for (const auto& [id, token] : tokens_) hash.add(id.value).add(token.name);
  for (const auto& [name, login] : console_logins_) hash.add(name).add(login.password_hash);
  for (const auto& [name, totp] : console_totps_) hash.add(name).add(totp.last_step).add(totp.confirmed);
  for (const auto& [place, entry] : audit_) hash.add(place.id).add(entry.action);
  for (const auto& [id, broker] : brokers_) hash.add(id.value).add(broker.tunnels).add(broker.state);
}

}  // namespace tsp::sim
