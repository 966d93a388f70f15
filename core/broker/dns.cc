// SPDX-License-Identifier: Apache-2.0
//
// What accounts have in the DNS: their prefixes' reverse zones, delegated to the name servers that their routers named
// (RFC 5572 section 4.7.2), and a name for their address. All of it follows from the account's record in the store, so
// that it is read again after each change, and published whole. Nothing ever waits for it.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/broker/impl.h"
#include "core/wire/dns_name.h"
#include "core/wire/text.h"

namespace tsp {
namespace {

constexpr std::uint32_t kAccountsAtOnce = 1000;

using Names = std::vector<std::string>;

// An NS record holds a name (RFC 1035 section 3.3.11), and one without a dot is found nowhere. RFC 5572's own example
// names addresses: they are nothing to refuse a tunnel for, and the offer tells to whom a zone is delegated.
Names usable_name_servers(const Names& asked) {
  Names names;
  for (const std::string& server : asked) {
    std::string name = wire::canonical_name(server);
    const bool usable = wire::valid_dns_name(name) && name.find('.') != std::string::npos && !parse_ipv4(name);
    if (usable && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

bool includes_all(const Names& all, const Names& some) {
  return std::ranges::all_of(some, [&](const std::string& name) { return std::ranges::find(all, name) != all.end(); });
}

}  // namespace

// Old clients name all of their servers once, and only the first one whenever they come back. So a list of known names
// that begins with the same one removes nothing; any other takes the place of the earlier. IPv4 has no reverse zones
// here, so what is named with a request for it is passed over.
std::optional<Names> Broker::Impl::new_name_servers(const Session& session, const wire::CreateRequest& request) const {
  const AccountRecord* record = session.dialogue.account();
  if (!config_->dns || !config_->dns->delegates || record == nullptr || !request.router) return std::nullopt;
  if (request.type == RequestedType::V4V6) return std::nullopt;
  Names names = usable_name_servers(request.router->dns_servers);
  if (names.empty()) return std::nullopt;
  const Names& known = record->name_servers;
  if (!known.empty() && known.front() == names.front() && includes_all(known, names)) return std::nullopt;
  return names;
}

// What was accepted is what the session's account has.
void Broker::Impl::keep_name_servers(Session& session) {
  if (!session.offer->name_servers) return;
  AccountRecord record = *session.dialogue.account();
  record.name_servers = std::move(*session.offer->name_servers);
  session.dialogue.set_account(std::move(record));
}

Names Broker::Impl::name_servers_of(const Session& session) const {
  const AccountRecord* record = session.dialogue.account();
  return config_->dns && config_->dns->delegates && record != nullptr ? record->name_servers : Names();
}

// The DNS does not tell capitals from small letters, logins do: only one of "alice" and "Alice" can have the name.
std::optional<std::string> Broker::Impl::host_name_of(const std::string& login) const {
  if (!config_->dns || config_->dns->domain.empty() || login.empty()) return std::nullopt;
  if (login.find('.') != std::string::npos || wire::to_lower(login) != login) return std::nullopt;
  std::string name = login + '.' + config_->dns->domain;
  return wire::valid_dns_name(name) ? std::optional(std::move(name)) : std::nullopt;
}

DnsRecords Broker::Impl::dns_records(const AccountRecord& record) const {
  DnsRecords records;
  const bool delegates = config_->dns->delegates && !record.name_servers.empty();
  for (const Claim& claim : record.prefixes) {
    if (claim.state != ClaimState::Held || !delegates) continue;
    records.delegations.push_back({.prefix = claim.prefix, .name_servers = record.name_servers});
  }
  if (record.address && record.address->state == ClaimState::Held) {
    if (auto name = host_name_of(record.account.login)) {
      records.host_name = DnsHostName{.name = std::move(*name), .address = record.address->prefix.base};
    }
  }
  return records;
}

// ---- after a change ---------------------------------------------------------------------------------------------

void Broker::Impl::publish_account(AccountId account, const std::string& login) {
  if (!config_->dns || account == kAnonymous) return;
  const std::uint64_t reading = ++last_dns_reading_;
  dns_readings_[account] = reading;
  const auto then = [this, account, login, reading](const StoreDone& done) {
    const auto latest = dns_readings_.find(account);
    if (latest == dns_readings_.end() || latest->second != reading) return;
    dns_readings_.erase(latest);
    if (publishing_pages_) published_meanwhile_.insert(account);
    const bool found = !done.accounts.empty() && done.accounts.front().account.id == account;
    publish(account, login, found ? dns_records(done.accounts.front()) : DnsRecords{});
  };
  ask_store(FindAccount{.op = {}, .login = login}, then, std::nullopt);
}

void Broker::Impl::commit_and_publish(std::vector<StoreChange> changes, AccountId account, const std::string& login) {
  commit_for_good(std::move(changes), [this, account, login] { publish_account(account, login); });
}

// A reading under way may have found it still.
void Broker::Impl::withdraw_account(const AccountRecord& record) {
  if (!config_->dns) return;
  dns_readings_.erase(record.account.id);
  if (publishing_pages_) published_meanwhile_.insert(record.account.id);
  forget_published(record.account.id, record.account.login);
  order(WithdrawDns{.account = record.account.id, .formerly = dns_records(record)});
}

// ---- at start ---------------------------------------------------------------------------------------------------

// What accounts gave up may still be in the DNS, if the program ended before that was changed.
void Broker::Impl::withdraw_quarantined(const std::vector<Claim>& claims) {
  if (!config_->dns || !config_->dns->delegates) return;
  for (const Claim& claim : claims) {
    if (claim.state != ClaimState::Quarantined || claim.prefix.length == 128 || is_mapped(claim.prefix)) continue;
    order(WithdrawDns{.account = kAnonymous,
                      .formerly = {.delegations = {{.prefix = claim.prefix, .name_servers = {}}}, .host_name = {}}});
  }
}

void Broker::Impl::publish_page_after(const std::string& login) {
  if (!config_->dns) return;
  publishing_pages_ = true;
  published_meanwhile_.clear();
  ask_store(
      ListAccounts{.op = {}, .after = login, .limit = kAccountsAtOnce},
      [this](const StoreDone& done) { on_page_to_publish(done); }, std::nullopt);
}

void Broker::Impl::on_page_to_publish(const StoreDone& done) {
  for (const AccountRecord& record : done.accounts) {
    const AccountId id = record.account.id;
    if (published_meanwhile_.contains(id) || dns_readings_.contains(id)) continue;
    DnsRecords records = dns_records(record);
    if (!records.empty()) publish(id, record.account.login, std::move(records));
  }
  // An account that cannot be read makes a page shorter: only an empty one is the last.
  if (!done.accounts.empty() && !stopping_) return publish_page_after(done.accounts.back().account.login);
  publishing_pages_ = false;
  published_meanwhile_.clear();
  if (!stopping_) order(DnsComplete{});
}

}  // namespace tsp
