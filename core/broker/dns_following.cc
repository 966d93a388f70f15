// SPDX-License-Identifier: Apache-2.0
//
// What other brokers on the store change in an account's DNS. Each broker publishes all accounts, so that zones in
// files are whole everywhere, and what one has forgotten to take out another one does. To follow the others it reads
// the accounts again and again, some at each look at the store; what is not as it was published is read once more by
// itself, and published as it is then. So the last change is what all brokers publish last.
#include <algorithm>
#include <utility>

#include "core/base/state_hash.h"
#include "core/broker/impl.h"

namespace tsp {
namespace {

constexpr std::uint32_t kFollowedAtOnce = 500;

// Who chooses name servers such that two lists have one hash only keeps his own zone from being changed.
std::uint64_t hash_of_records(const DnsRecords& records) {
  StateHash hash;
  for (const DnsDelegation& delegation : records.delegations) {
    hash.add(ByteView(delegation.prefix.base.octets)).add(delegation.prefix.length).add(delegation.name_servers.size());
    for (const std::string& name : delegation.name_servers) hash.add(name);
  }
  hash.add(records.host_name.has_value());
  if (records.host_name) hash.add(records.host_name->name).add(ByteView(records.host_name->address.octets));
  return hash.value();
}

}  // namespace

void Broker::Impl::publish(AccountId account, const std::string& login, DnsRecords records) {
  if (shares_store()) remember_published(account, login, records);
  order(PublishDns{.account = account, .records = std::move(records)});
}

void Broker::Impl::remember_published(AccountId account, const std::string& login, const DnsRecords& records) {
  const auto known = published_.find(login);
  const bool is_another = known != published_.end() && known->second.account != account;
  if (records.empty()) {
    if (known != published_.end() && !is_another) published_.erase(known);
    return;
  }
  // It was deleted and added anew, elsewhere.
  if (is_another) order(PublishDns{.account = known->second.account, .records = {}});
  published_.insert_or_assign(login, broker::Published{.account = account, .records = hash_of_records(records)});
}

void Broker::Impl::forget_published(AccountId account, const std::string& login) {
  const auto known = published_.find(login);
  if (known != published_.end() && known->second.account == account) published_.erase(known);
}

void Broker::Impl::follow_accounts() {
  if (!config_->dns || !shares_store() || publishing_pages_ || following_ || stopping_) return;
  following_ = true;
  ask_store(
      ListAccounts{.op = {}, .after = followed_to_, .limit = kFollowedAtOnce},
      [this](const StoreDone& done) { on_page_to_follow(done); }, now_.mono + config_->store_patience);
}

void Broker::Impl::on_page_to_follow(const StoreDone& done) {
  following_ = false;
  if (done.status != StoreStatus::Done) return;
  const std::string after = std::exchange(followed_to_, std::string());
  if (!done.accounts.empty()) followed_to_ = done.accounts.back().account.login;
  std::vector<std::pair<AccountId, std::string>> changed;
  // Both are in the order of logins. An account that cannot be read makes a page shorter: only an empty one is the
  // last.
  auto published = published_.upper_bound(after);
  const auto pass_over = [&](const auto& is_before) {
    for (; published != published_.end() && is_before(published->first); ++published) {
      changed.emplace_back(published->second.account, published->first);
    }
  };
  for (const AccountRecord& record : done.accounts) {
    const std::string& login = record.account.login;
    pass_over([&](const std::string& other) { return other < login; });
    const bool is_known = published != published_.end() && published->first == login;
    const DnsRecords records = dns_records(record);
    const bool is_same = is_known ? published->second.account == record.account.id &&
                                        published->second.records == hash_of_records(records)
                                  : records.empty();
    if (!is_same) changed.emplace_back(record.account.id, login);
    if (is_known) ++published;
  }
  if (done.accounts.empty()) pass_over([](const std::string&) { return true; });
  for (const auto& [account, login] : changed) {
    if (!dns_readings_.contains(account)) publish_account(account, login);
  }
}

}  // namespace tsp
