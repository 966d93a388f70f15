// SPDX-License-Identifier: Apache-2.0
//
// Operators' requests. What is reported as done is in the store.
#include <algorithm>
#include <chrono>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/auth/digest_md5.h"
#include "core/auth/login.h"
#include "core/base/assert.h"
#include "core/broker/audit_words.h"
#include "core/broker/impl.h"
#include "core/tunnel/mtu.h"

namespace tsp {
namespace {

constexpr std::uint32_t kPageMax = 1000;

std::optional<std::string> limits_fault(const std::optional<PrefixLimits>& limits) {
  const auto possible = [](std::uint8_t length) { return length >= 48 && length <= 64; };
  if (!limits) return std::nullopt;
  if (!possible(limits->shortest)) return "prefix_length_shortest: expected 48 to 64";
  if (!possible(limits->longest)) return "prefix_length_longest: expected 48 to 64";
  if (limits->shortest <= limits->longest) return std::nullopt;
  return "prefix_length_shortest: expected no more than prefix_length_longest";
}

std::optional<std::string> note_fault(const std::optional<std::string>& note) {
  if (!note || (note->size() <= kNoteSizeMax && auth::is_plain_text(*note))) return std::nullopt;
  return "note: expected at most " + std::to_string(kNoteSizeMax) + " bytes of UTF-8 without control characters";
}

std::optional<std::string> mtu_fault(const std::optional<std::uint16_t>& mtu) {
  if (!mtu || (*mtu >= tunnel::kAccountMtuMin && *mtu <= tunnel::kAccountMtuMax)) return std::nullopt;
  return "mtu: expected " + std::to_string(tunnel::kAccountMtuMin) + " to " + std::to_string(tunnel::kAccountMtuMax);
}

std::optional<std::string> home_fault(const std::optional<BrokerId>& home) {
  constexpr std::uint32_t kBrokerIdMax = 0x7FFFFFFF;
  if (!home || (home->value >= 1 && home->value <= kBrokerIdMax)) return std::nullopt;
  return "home: expected 1 to " + std::to_string(kBrokerIdMax);
}

constexpr const char* kPasswordRule = "password: expected 1 to 1023 bytes without NUL and line ends";

// The account that a request changes.
template <class Command>
constexpr bool kChangesAccount =
    std::is_same_v<Command, AddAccountRequest> || std::is_same_v<Command, ChangeAccountRequest> ||
    std::is_same_v<Command, DeleteAccountRequest> || std::is_same_v<Command, SetUpdateKeyRequest> ||
    std::is_same_v<Command, ReserveLeaseRequest>;

// What an account held, when it goes. An address in a prefix of the account's own is covered by that one's quarantine.
struct Estate {
  std::vector<Claim> outermost;
  std::vector<Claim> within;
};

Estate estate_of(const AccountRecord& record) {
  std::vector<Claim> held;
  const auto keep = [&](const Claim& claim) {
    if (claim.state == ClaimState::Held) held.push_back(claim);
  };
  for (const auto* prefixes : {&record.prefixes, &record.ipv4_prefixes}) std::ranges::for_each(*prefixes, keep);
  for (const auto* address : {&record.address, &record.ipv4_address}) {
    if (*address) keep(**address);
  }
  Estate estate;
  for (const Claim& claim : held) {  // the shortest of each family first
    const auto is_around = [&](const Claim& outer) { return outer.prefix.contains(claim.prefix); };
    (std::ranges::any_of(estate.outermost, is_around) ? estate.within : estate.outermost).push_back(claim);
  }
  return estate;
}

bool is_listed(const TunnelRecord& tunnel, const ListTunnelsRequest& command) {
  if (command.login && *command.login != tunnel.login) return false;
  if (command.remote && !command.remote->contains(host_prefix(tunnel.path.remote.address))) return false;
  if (!command.address || command.address->overlaps(host_prefix(tunnel.inner))) return true;
  return tunnel.delegated && command.address->overlaps(*tunnel.delegated);
}

const std::string* changed_account(const AdminCommand& command) {
  return std::visit(
      []<class Command>(const Command& known) -> const std::string* {
        if constexpr (kChangesAccount<Command>) return &known.login;
        return nullptr;
      },
      command);
}

}  // namespace

void Broker::Impl::on(const AdminRequest& fact) {
  begin_audit(fact);
  if (const std::string* login = changed_account(fact.command)) {
    in_turn(fact.request, *login, [this, fact] { run(fact); });
  } else {
    run(fact);
  }
}

void Broker::Impl::in_turn(RequestId request, const std::string& login, const std::function<void()>& work) {
  account_of_request_.emplace(request, login);
  auto& waiting = account_requests_[login];
  waiting.push_back(work);
  if (waiting.size() == 1) work();
}

void Broker::Impl::run(const AdminRequest& fact) {
  std::visit([&](const auto& command) { run(fact.request, command); }, fact.command);
}

void Broker::Impl::finish(AdminReply answer) {
  const auto changed = account_of_request_.extract(answer.request);
  order(std::move(answer));
  if (changed.empty()) return;
  const auto waiting = account_requests_.find(changed.mapped());
  waiting->second.pop_front();
  if (waiting->second.empty()) {
    account_requests_.erase(waiting);
  } else {
    const std::function<void()> next = waiting->second.front();
    next();
  }
}

void Broker::Impl::run(RequestId request, const AddAccountRequest& command) {
  if (!auth::valid_login(command.login)) return fail(request, AdminStatus::Invalid, kLoginRule);
  if (!auth::valid_password(command.password)) return fail(request, AdminStatus::Invalid, kPasswordRule);
  if (const auto fault = limits_fault(command.prefix_limits)) return fail(request, AdminStatus::Invalid, *fault);
  if (const auto fault = mtu_fault(command.mtu)) return fail(request, AdminStatus::Invalid, *fault);
  if (const auto fault = home_fault(command.home)) return fail(request, AdminStatus::Invalid, *fault);
  if (const auto fault = note_fault(command.note)) return fail(request, AdminStatus::Invalid, *fault);
  if (const auto fault = unknown_home_fault(command.home, command.force)) {
    return fail(request, AdminStatus::Invalid, *fault);
  }
  const Account account{.id = AccountId{fresh_id()},
                        .login = command.login,
                        .verifier = auth::make_verifier(command.login, config_->realm, command.password),
                        .enabled = true,
                        .prefix_limits = command.prefix_limits,
                        .server_address = std::nullopt,
                        .mtu = command.mtu,
                        .update_key = std::nullopt,
                        .home = command.home,
                        .created = now_.wall,
                        .note = command.note};
  const auto then = [this, request, account](const StoreDone& done) {
    if (done.status == StoreStatus::Taken) {
      return fail(request, AdminStatus::Exists, "login: there is such an account already");
    }
    if (done.status != StoreStatus::Done) return fail(request, done);
    report(Event{.code = EventCode::AccountChanged, .login = account.login, .detail = "added"});
    reply(AdminReply{.request = request,
                     .accounts = {view_of(AccountRecord{.account = account, .address = {}, .prefixes = {}})}});
  };
  std::vector<StoreChange> changes{AddAccount{account}};
  add_audit(request, changes);
  ask_store(CommitChanges{.op = {}, .changes = std::move(changes)}, then, now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const ChangeAccountRequest& command) {
  const auto limits = command.prefix_limits.value_or(std::nullopt);
  const auto mtu = command.mtu.value_or(std::nullopt);
  const auto home = command.home.value_or(std::nullopt);
  if (command.password && !auth::valid_password(*command.password)) {
    return fail(request, AdminStatus::Invalid, kPasswordRule);
  }
  if (const auto fault = limits_fault(limits)) return fail(request, AdminStatus::Invalid, *fault);
  if (const auto fault = mtu_fault(mtu)) return fail(request, AdminStatus::Invalid, *fault);
  if (const auto fault = note_fault(command.note)) return fail(request, AdminStatus::Invalid, *fault);
  if (const auto fault = home_fault(home)) return fail(request, AdminStatus::Invalid, *fault);
  if (const auto fault = unknown_home_fault(home, command.force)) return fail(request, AdminStatus::Invalid, *fault);
  with_account(request, command.login, [this, request, command](const AccountRecord& record) {
    const std::string what = broker::names_of_changes(command);
    if (what.empty()) return done(request);
    Account account = record.account;
    if (command.password) account.verifier = auth::make_verifier(account.login, config_->realm, *command.password);
    account.enabled = command.enabled.value_or(account.enabled);
    account.prefix_limits = command.prefix_limits.value_or(account.prefix_limits);
    account.mtu = command.mtu.value_or(account.mtu);
    account.home = command.home.value_or(account.home);
    account.note = command.note.value_or(account.note);
    save_account(request, record.account, account, what);
  });
}

void Broker::Impl::save_account(RequestId request, const Account& before, const Account& account, std::string what) {
  const auto then = [this, request, account, what = std::move(what)](const StoreDone& done) {
    if (done.status != StoreStatus::Done) return fail(request, done);
    report(Event{.code = EventCode::AccountChanged, .login = account.login, .detail = what});
    if (account.enabled) return this->done(request);
    end_everything_of(account.id, EndReason::Disabled, [this, request] { this->done(request); });
  };
  std::vector<StoreChange> changes{UpdateAccount{.account = account, .before = before}};
  if (!account.enabled) evict_elsewhere(account.id, EndReason::Disabled, changes);
  add_audit(request, changes);
  ask_store(CommitChanges{.op = {}, .changes = std::move(changes)}, then, now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const DeleteAccountRequest& command) {
  with_account(request, command.login, [this, request](const AccountRecord& record) {
    // First the sessions, with what was only offered to them; then what the account held is nobody's for a while.
    end_everything_of(record.account.id, EndReason::Disabled, nullptr);
    std::vector<StoreChange> changes{DeleteAccount{record.account.id}};
    evict_elsewhere(record.account.id, EndReason::Disabled, changes);
    const Estate estate = estate_of(record);
    const WallTime until = now_.wall + config_->quarantine_account;
    for (Claim claim : estate.outermost) {
      claim.owner = kAnonymous;
      claim.state = ClaimState::Quarantined;
      claim.until = until;
      changes.emplace_back(PutClaim{claim});
    }
    add_audit(request, changes);
    const auto then = [this, request, record, estate, until](const StoreDone& done) {
      // Missing: it is gone, by an earlier try of this very commit whose outcome was unknown, or by somebody else.
      if (done.status != StoreStatus::Done && done.status != StoreStatus::Missing) return fail(request, done);
      for (const Claim& claim : estate.outermost) pools_.quarantine(claim.prefix, until);
      for (const Claim& claim : estate.within) pools_.release(claim.prefix);
      withdraw_account(record);
      report(Event{.code = EventCode::AccountChanged, .login = record.account.login, .detail = "deleted"});
      // A session may have begun between the two.
      end_everything_of(record.account.id, EndReason::Disabled, [this, request] { this->done(request); });
    };
    ask_store(CommitChanges{.op = {}, .changes = std::move(changes)}, then, now_.mono + kOperatorsPatience);
  });
}

void Broker::Impl::run(RequestId request, const ShowAccountRequest& command) {
  with_account(request, command.login,
               [this, request](const AccountRecord& record) { answer_with_account(request, record); });
}

// Its tunnel may be at another broker, which only the store tells.
void Broker::Impl::answer_with_account(RequestId request, const AccountRecord& record) {
  AccountView view = view_of(record);
  if (view.tunnel || !shares_store()) {
    order(AdminReply{.request = request, .accounts = {std::move(view)}});
    return;
  }
  const auto then = [this, request, view = std::move(view)](const StoreDone& done) mutable {
    if (done.status != StoreStatus::Done) return fail(request, done);
    if (const TunnelRecord* elsewhere = tunnel_elsewhere(done.snapshot.tunnels)) {
      view.tunnel_broker = elsewhere->broker;
      view.tunnel_elsewhere = *elsewhere;
    }
    order(AdminReply{.request = request, .accounts = {std::move(view)}});
  };
  ask_store(FindTunnels{.op = {}, .account = record.account.id}, then, now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const ListAccountsRequest& command) {
  if (command.limit == 0 || command.limit > kPageMax) {
    return fail(request, AdminStatus::Invalid, "limit: expected 1 to 1000");
  }
  const auto then = [this, request](const StoreDone& done) {
    if (done.status != StoreStatus::Done) return fail(request, done);
    AdminReply reply{.request = request};
    for (const AccountRecord& record : done.accounts) reply.accounts.push_back(view_of(record));
    order(std::move(reply));
  };
  ask_store(ListAccounts{.op = {}, .after = command.after, .limit = command.limit}, then,
            now_.mono + kOperatorsPatience);
}

void Broker::Impl::run(RequestId request, const ListTunnelsRequest& command) {
  if (command.limit == 0 || command.limit > kPageMax) {
    return fail(request, AdminStatus::Invalid, "limit: expected 1 to 1000");
  }
  std::vector<TunnelId> ids;
  const auto& all = tunnels_.all();
  for (auto entry = all.upper_bound(command.after); entry != all.end() && ids.size() < command.limit; ++entry) {
    const bool is_installed = entry->second.state != tunnel::TunnelState::Installing;
    if (is_installed && is_listed(entry->second.record, command)) ids.push_back(entry->first);
  }
  answer_with_tunnels(request, ids);
}

void Broker::Impl::run(RequestId request, const ShowTunnelRequest& command) {
  if (tunnels_.find(command.id) == nullptr) return fail(request, AdminStatus::NotFound, "id: no such tunnel");
  answer_with_tunnels(request, {command.id});
}

void Broker::Impl::answer_with_tunnels(RequestId request, const std::vector<TunnelId>& ids) {
  ask_datapath(QueryUsage{.op = {}, .ids = ids}, [this, request, ids](const DatapathDone& done) {
    std::map<TunnelId, TunnelUsage> usages;
    for (const TunnelUsage& usage : done.usages) usages.emplace(usage.id, usage);
    AdminReply reply{.request = request};
    for (const TunnelId id : ids) {
      const Tunnel* tunnel = tunnels_.find(id);
      if (tunnel == nullptr) continue;
      TunnelView view{.record = tunnel->record, .usage = std::nullopt};
      if (const auto usage = usages.find(id); usage != usages.end()) {
        view.usage = usage->second;
        view.idle = std::max(now_.mono - usage->second.last_seen, Duration{});
      }
      reply.tunnels.push_back(std::move(view));
    }
    order(std::move(reply));
  });
}

void Broker::Impl::run(RequestId request, const KickTunnelRequest& command) {
  const Tunnel* tunnel = tunnels_.find(command.id);
  if (tunnel == nullptr || tunnel->state != tunnel::TunnelState::Active) {
    return fail(request, AdminStatus::NotFound, "id: no such tunnel");
  }
  after_audit(request, [this, request, id = command.id] {
    const Tunnel* now = tunnels_.find(id);
    if (now == nullptr || now->state != tunnel::TunnelState::Active) return done(request);  // gone by itself
    await_kicked_client();
    remove_tunnel(id, {.reason = EndReason::Kicked, .then = [this, request] { done(request); }});
  });
}

void Broker::Impl::run(RequestId request, const StatusRequest& /*command*/) {
  order(AdminReply{.request = request, .state = status()});
}

void Broker::Impl::run(RequestId request, const UnusedAddressesRequest& /*command*/) {
  constexpr std::size_t kWanted = 2;
  constexpr int kDrawsMax = 16;  // in a pool that is nearly full one address may be drawn again and again
  std::vector<IPv6Address> addresses;
  for (int draw = 0; draw < kDrawsMax && addresses.size() < kWanted; ++draw) {
    const auto address = pools_.of(TunnelType::V6UdpV4).choose_host(random_);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
  }
  if (addresses.size() < kWanted) return fail(request, AdminStatus::Unavailable, "no address of the pool is unused");
  order(AdminReply{.request = request, .addresses = std::move(addresses)});
}

// ---- what they have in common -----------------------------------------------------------------------------------

void Broker::Impl::with_account(RequestId request, const std::string& login, WithAccount then) {
  // No account has such a one; the store is not asked with bytes that it may not be able to compare.
  if (!auth::valid_login(login)) return fail(request, AdminStatus::NotFound, "login: no such account");
  ask_store(
      FindAccount{.op = {}, .login = login},
      [this, request, then = std::move(then)](const StoreDone& done) {
        if (done.status != StoreStatus::Done) return fail(request, done);
        if (done.accounts.empty()) return fail(request, AdminStatus::NotFound, "login: no such account");
        then(done.accounts.front());
      },
      now_.mono + kOperatorsPatience);
}

// That are not over with their tunnel being up. A tunnel that is just being installed finds its session gone and ends.
void Broker::Impl::end_sessions_of(AccountId account) {
  TSP_ASSERT(account != kAnonymous);
  std::vector<SessionId> ids;
  for (const auto& [id, session] : sessions_.all()) {
    const AccountRecord* record = session.dialogue.account();
    if (record && record->account.id == account && !session.tunnel) ids.push_back(id);
  }
  for (const SessionId id : ids) hang_up(*sessions_.find(id));
}

// The account's sessions, and its tunnel.
void Broker::Impl::end_everything_of(AccountId account, EndReason reason, Removed then) {
  end_sessions_of(account);
  const Tunnel* tunnel = tunnels_.by_account(account);
  if (tunnel != nullptr && tunnel->state == tunnel::TunnelState::Active) {
    remove_tunnel(tunnel->record.id, {.reason = reason, .then = std::move(then)});
  } else if (then) {
    then();
  }
}

AccountView Broker::Impl::view_of(const AccountRecord& record) {
  AccountView view{.record = record};
  if (record.address && record.address->state == ClaimState::Held) view.host_name = host_name_of(record.account.login);
  if (const Tunnel* tunnel = tunnels_.by_account(record.account.id)) {
    view.tunnel = tunnel->record.id;
    view.tunnel_broker = config_->broker;
  }
  return view;
}

void Broker::Impl::fail(RequestId request, AdminStatus status, std::string message) {
  reply(AdminReply{.request = request, .status = status, .message = std::move(message)});
}

void Broker::Impl::fail(RequestId request, const StoreDone& done) {
  switch (done.status) {
    case StoreStatus::Missing:
      return fail(request, AdminStatus::NotFound, "login: no such account");
    case StoreStatus::Taken:
      return fail(request, AdminStatus::Exists, "changed by somebody else at the same time; try again");
    case StoreStatus::Done:
    case StoreStatus::Unavailable:
    case StoreStatus::Unknown:
      break;
  }
  fail(request, AdminStatus::Unavailable, "the store is not available: " + done.detail);
}

}  // namespace tsp
