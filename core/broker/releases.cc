// SPDX-License-Identifier: Apache-2.0
//
// Addresses and prefixes that operators take away from accounts.
#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "core/broker/impl.h"
#include "core/broker/lease_list.h"

namespace tsp {
namespace {

constexpr std::uint32_t kEndedRead = 1;  // of tunnels; those that live come beside

bool uses(const TunnelRecord& tunnel, const IPv6Prefix& prefix) {
  return prefix.contains(host_prefix(tunnel.inner)) || (tunnel.delegated && tunnel.delegated->overlaps(prefix));
}

// Another one of the same account, which stays with this one.
std::optional<std::string> entangled_fault(const std::vector<Lease>& leases, const IPv6Prefix& prefix) {
  for (const Lease& lease : leases) {
    if (lease.claim.prefix == prefix || !lease.claim.prefix.overlaps(prefix)) continue;
    return "prefix: the account also has " + to_text(lease.claim.prefix) +
           ", which overlaps it; both go with the account";
  }
  return std::nullopt;
}

}  // namespace

// One request, from the first question to its answer.
struct Broker::Impl::Release : std::enable_shared_from_this<Release> {
  Release(Impl& whole, RequestId id, const IPv6Prefix& wanted) : broker(whole), request(id), prefix(wanted) {}

  void begin();
  void work_on(const std::string& login);
  // `all`: what its owner has.
  void release(const Lease& found, const std::vector<Lease>& all);
  // With the tunnels that use it, at all brokers.
  void with_users(std::function<void(const std::vector<TunnelRecord>&)> then) const;
  // Else it has just ended here, and its record is about to be struck.
  [[nodiscard]] bool is_there(const TunnelRecord& tunnel) const {
    return tunnel.broker != broker.config_->broker || broker.tunnels_.find(tunnel.id) != nullptr;
  }
  void quarantine(const std::vector<TunnelRecord>& users);
  void on_quarantined(const Claim& after) const;
  void learn_quarantine() const;
  void free_at_once() const;
  void fail(AdminStatus status, std::string message) const { broker.fail(request, status, std::move(message)); }
  // `then` gets what the store has answered; what it could not do is the end.
  template <class Then>
  void ask(StoreOrder what, Then then) const {
    const auto on_answer = [self = shared_from_this(), then = std::move(then)](const StoreDone& done) {
      if (done.status != StoreStatus::Done) return self->broker.fail(self->request, done);
      then(done);
    };
    broker.ask_store(std::move(what), on_answer, broker.now_.mono + kOperatorsPatience);
  }

  Impl& broker;
  RequestId request;
  IPv6Prefix prefix;
  Lease lease{};  // as it was found
};

void Broker::Impl::run(RequestId request, const ReleaseLeaseRequest& command) {
  std::make_shared<Release>(*this, request, command.prefix)->begin();
}

void Broker::Impl::Release::begin() {
  const ListLeases question{.op = {}, .range = prefix, .after = std::nullopt, .limit = broker::kLeasesAround};
  ask(question, [self = shared_from_this()](const StoreDone& done) {
    const Lease* found = broker::find_lease(done.leases, self->prefix);
    if (found == nullptr) return self->fail(AdminStatus::NotFound, "prefix: it is nobody's");
    if (found->login.empty()) return self->release(*found, {*found});
    const auto audit = self->broker.audits_.find(self->request);
    if (audit != self->broker.audits_.end()) audit->second.entry.subject = found->login;
    self->broker.in_turn(self->request, found->login, [self, login = found->login] { self->work_on(login); });
  });
}

void Broker::Impl::Release::work_on(const std::string& login) {
  broker.with_account(request, login, [self = shared_from_this()](const AccountRecord& record) {
    const std::vector<Lease> all = broker::leases_of(record);
    const Lease* now = broker::find_lease(all, self->prefix);
    if (now == nullptr) return self->fail(AdminStatus::NotFound, "prefix: it is nobody's");
    self->release(*now, all);
  });
}

void Broker::Impl::Release::release(const Lease& found, const std::vector<Lease>& all) {
  lease = found;
  switch (lease.claim.state) {
    case ClaimState::Offered:
      return fail(AdminStatus::Exists, "prefix: it is being offered to a client; try again");
    case ClaimState::Quarantined:
      return with_users([self = shared_from_this()](const std::vector<TunnelRecord>& users) {
        // Of a broker that has not heard yet that it has to end.
        if (!users.empty()) return self->fail(AdminStatus::Exists, "prefix: a tunnel still has it; try again");
        self->free_at_once();
      });
    case ClaimState::Held:
      break;
  }
  if (lease.claim.owner == kAnonymous) {
    return fail(AdminStatus::Exists, "prefix: it is an anonymous client's, and ends with its tunnel");
  }
  if (const auto fault = entangled_fault(all, prefix)) return fail(AdminStatus::Exists, *fault);
  with_users([self = shared_from_this()](const std::vector<TunnelRecord>& users) { self->quarantine(users); });
}

void Broker::Impl::Release::with_users(std::function<void(const std::vector<TunnelRecord>&)> then) const {
  const ReadHistory question{.op = {}, .range = prefix, .login = {}, .at = {}, .before = {}, .limit = kEndedRead};
  ask(question, [self = shared_from_this(), then = std::move(then)](const StoreDone& done) {
    std::vector<TunnelRecord> users;
    for (const HistoryEntry& entry : done.history) {
      if (!entry.ended && uses(entry.tunnel, self->prefix) && self->is_there(entry.tunnel))
        users.push_back(entry.tunnel);
    }
    then(users);
  });
}

// Nobody's, so that the account gets another one.
void Broker::Impl::Release::quarantine(const std::vector<TunnelRecord>& users) {
  // What they were told, or are about to accept, would be refused.
  broker.end_sessions_of(lease.claim.owner);
  Claim after = lease.claim;
  after.owner = kAnonymous;
  after.state = ClaimState::Quarantined;
  after.until = broker.now_.wall + broker.config_->quarantine_account;
  std::vector<StoreChange> changes{PutClaim{after}};
  const auto is_elsewhere = [this](const TunnelRecord& user) { return user.broker != broker.config_->broker; };
  if (std::ranges::any_of(users, is_elsewhere)) {
    broker.evict_elsewhere(lease.claim.owner, EndReason::Kicked, changes);
  }
  broker.add_audit(request, changes);
  broker.ask_store(
      CommitChanges{.op = {}, .changes = std::move(changes)},
      [self = shared_from_this(), after](const StoreDone& done) {
        if (done.status == StoreStatus::Done) return self->on_quarantined(after);
        self->learn_quarantine();
        self->broker.fail(self->request, done);
      },
      broker.now_.mono + kOperatorsPatience);
}

void Broker::Impl::Release::on_quarantined(const Claim& after) const {
  const AccountId account = lease.claim.owner;
  broker.pools_.quarantine(prefix, after.until);
  broker.publish_account(account, lease.login);
  broker.report(Event{.code = EventCode::AccountChanged, .login = lease.login, .detail = "lost " + to_text(prefix)});
  // A session may have begun between the two.
  broker.end_sessions_of(account);
  const auto answer = [self = shared_from_this(), after] {
    self->broker.reply(AdminReply{.request = self->request, .leases = {{.claim = after, .login = {}}}});
  };
  const Tunnel* tunnel = broker.tunnels_.by_account(account);
  const bool ends = tunnel != nullptr && tunnel->state == tunnel::TunnelState::Active && uses(tunnel->record, prefix);
  if (!ends) return answer();
  broker.remove_tunnel(tunnel->record.id, {.reason = EndReason::Kicked, .then = answer});
}

// The commit may have been made after all: then the pool has to know when this ends.
void Broker::Impl::Release::learn_quarantine() const {
  broker.read_after_commits(prefix, [self = shared_from_this()](const std::vector<Lease>& leases) {
    const Lease* now = broker::find_lease(leases, self->prefix);
    if (now == nullptr || now->claim.state != ClaimState::Quarantined) return;
    self->broker.pools_.quarantine(self->prefix, now->claim.until);
  });
}

void Broker::Impl::Release::free_at_once() const {
  std::vector<StoreChange> changes{EndQuarantine{.prefix = prefix, .now = lease.claim.until}};
  broker.commit_for(request, std::move(changes), [self = shared_from_this()] {
    pool::Pools& pools = self->broker.pools_;
    if (pools.quarantine_end(self->prefix) == self->lease.claim.until) pools.release(self->prefix);
    self->broker.done(self->request);
  });
}

}  // namespace tsp
