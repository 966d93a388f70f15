// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/dns_keeper.h"

#include <chrono>
#include <map>
#include <tuple>
#include <utility>

namespace tsp::linux_::dns {
namespace {

constexpr const char* kSomebody = "somebody.invalid";

std::string owner_of(AccountId account) {
  return "account " + std::to_string(account.value);
}

class ServerKeeper final : public DnsKeeper {
 public:
  ServerKeeper(std::unique_ptr<DnsUpdater> updater, DnsSummary description)
      : updater_(std::move(updater)), description_(std::move(description)) {}

  void execute(const PublishDns& order) override {
    if (order.records.empty()) return execute(WithdrawDns{.account = order.account, .formerly = {}});
    auto set = updater_->set(owner_of(order.account), to_desired(order.records));
    faults_[order.account] = set ? std::string() : std::move(set.error());
  }

  void execute(const WithdrawDns& order) override {
    faults_.erase(order.account);
    if (order.account != kAnonymous) {
      // There is no room for more to be removed if the queue is full: they stay until somebody else gets them.
      std::ignore = updater_->remove(owner_of(order.account), to_desired(order.formerly));
      return;
    }
    for (const DnsDelegation& delegation : order.formerly.delegations) {
      std::ignore = updater_->remove("withdrawn " + to_text(delegation.prefix), to_desired(order.formerly));
    }
  }

  void execute(const DnsComplete& /*order*/) override {}

  void retry() override { updater_->retry(); }

  [[nodiscard]] std::optional<OwnerState> state(AccountId account) const override {
    const auto fault = faults_.find(account);
    if (fault == faults_.end()) return std::nullopt;
    if (fault->second.empty()) return updater_->state(owner_of(account));
    return OwnerState{.phase = OwnerState::Phase::Refused, .done_at = std::nullopt, .error = fault->second};
  }

  [[nodiscard]] DnsSummary summary() const override {
    DnsSummary summary = description_;
    for (const auto& [account, fault] : faults_) {
      const auto known = state(account);
      if (!known) continue;
      using enum OwnerState::Phase;
      ++(known->phase == Done ? summary.done : known->phase == Pending ? summary.pending : summary.refused);
      if (summary.error.empty()) summary.error = known->error;
    }
    return summary;
  }

 private:
  std::unique_ptr<DnsUpdater> updater_;
  DnsSummary description_;
  std::map<AccountId, std::string> faults_;  // of accounts with records; empty: they were handed over
};

}  // namespace

DesiredRecords to_desired(const DnsRecords& records) {
  DesiredRecords desired;
  for (const DnsDelegation& delegation : records.delegations) {
    desired.delegations.push_back({.prefix = delegation.prefix, .name_servers = delegation.name_servers});
    if (delegation.name_servers.empty()) desired.delegations.back().name_servers = {kSomebody};
  }
  if (records.host_name) {
    desired.host_names.push_back({.name = records.host_name->name, .address = records.host_name->address});
  }
  return desired;
}

std::expected<std::unique_ptr<DnsKeeper>, std::string> keep_at_server(const DnsUpdater::MakeLink& make_link,
                                                                      const Endpoint& server, TsigKey key,
                                                                      const KeeperOptions& options) {
  DnsSummary description{.place = to_text(server), .zones = options.zones};
  std::vector<DnsServer> servers{{.address = server, .key = std::move(key), .zones = options.zones}};
  auto updater = DnsUpdater::create(make_link, std::move(servers), options.limits);
  if (!updater) return std::unexpected(std::move(updater.error()));
  return std::make_unique<ServerKeeper>(std::move(*updater), std::move(description));
}

std::expected<std::unique_ptr<DnsKeeper>, std::string> keep_at_server(asio::io_context& io, const Endpoint& server,
                                                                      TsigKey key, const KeeperOptions& options) {
  return keep_at_server([&io](const Endpoint& address) { return std::make_unique<TcpServerLink>(io, address); }, server,
                        std::move(key), options);
}

}  // namespace tsp::linux_::dns
