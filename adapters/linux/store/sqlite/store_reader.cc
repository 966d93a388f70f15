// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/store_reader.h"

#include <algorithm>
#include <utility>

#include "adapters/port/claim_rules.h"

namespace tsp::linux_::sqlite {
namespace {

constexpr std::uint32_t kAccountsListedMax = 1000;

}  // namespace

StoreDone StoreReader::execute(const ReadOrder& order) {
  StoreDone done;
  SkippedRows skipped;
  const auto read_all = [&]() -> Result<> {
    if (auto begun = begin_.run(); !begun) return begun;
    if (auto answered = std::visit([&](const auto& o) { return read(o, done, skipped); }, order); !answered) {
      return answered;
    }
    return end_.run();
  };
  if (auto answered = read_all()) {
    done.detail = skipped.text();
  } else {
    connection_.roll_back();
    done = {};
    done.status = answered.error().status;
    done.detail = answered.error().detail;
  }
  done.op = std::visit([](const auto& o) { return o.op; }, order);
  return done;
}

Result<> StoreReader::read(const LoadStore& order, StoreDone& done, SkippedRows& skipped) {
  auto claims = claims_.all(skipped);
  if (!claims) return std::unexpected(claims.error());
  auto tunnels = tunnels_.of_broker(order.broker, skipped);
  if (!tunnels) return std::unexpected(tunnels.error());
  done.snapshot = {.claims = std::move(*claims), .tunnels = std::move(*tunnels)};
  return {};
}

Result<> StoreReader::read(const FindAccount& order, StoreDone& done, SkippedRows& skipped) {
  return add_accounts(accounts_.find(order.login, skipped), done, skipped);
}

Result<> StoreReader::read(const ListAccounts& order, StoreDone& done, SkippedRows& skipped) {
  const std::uint32_t limit = std::clamp(order.limit, std::uint32_t{1}, kAccountsListedMax);
  return add_accounts(accounts_.list(order.after, limit, skipped), done, skipped);
}

Result<> StoreReader::read(const FindEvicted& order, StoreDone& done, SkippedRows& skipped) {
  auto tunnels = tunnels_.evicted_of_broker(order.broker, skipped);
  if (!tunnels) return std::unexpected(tunnels.error());
  done.snapshot.tunnels = std::move(*tunnels);
  return {};
}

Result<> StoreReader::add_accounts(Result<std::vector<Account>> accounts, StoreDone& done, SkippedRows& skipped) {
  if (!accounts) return std::unexpected(accounts.error());
  for (Account& account : *accounts) {
    auto claims = claims_.owned_by(account.id, skipped);
    if (!claims) return std::unexpected(claims.error());
    auto name_servers = name_servers_.of_account(account.id, skipped);
    if (!name_servers) return std::unexpected(name_servers.error());
    AccountRecord record{.account = std::move(account),
                         .address = std::nullopt,
                         .prefixes = {},
                         .name_servers = std::move(*name_servers)};
    for (const Claim& claim : *claims) port::add_claim(record, claim);
    done.accounts.push_back(std::move(record));
  }
  return {};
}

}  // namespace tsp::linux_::sqlite
