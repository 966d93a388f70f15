// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/import.h"

#include <utility>

#include "adapters/linux/store/realm_choice.h"

namespace tsp::linux_::ddtb {
namespace {

using store::Database;
using store::Holdings;

std::unexpected<std::string> fail(const store::Failure& failure) {
  return std::unexpected(failure.detail);
}

// Verifiers depend on it, so that it is settled before the first account is there.
std::expected<std::string, std::string> realm_for(Database* database, const Holdings& there,
                                                  const std::string& configured) {
  std::string stored;
  if (database != nullptr) {
    auto realm = database->realm();
    if (!realm) return fail(realm.error());
    stored = std::move(*realm);
  }
  auto realm = store::choose_realm(stored, configured, there.accounts.size());
  if (!realm) return fail(realm.error());
  if (realm->empty()) {
    return std::unexpected("server.realm must be set in the configuration: what is stored of passwords depends on it");
  }
  return std::move(*realm);
}

// Within a transaction.
std::expected<Import, std::string> plan_for(const OldBase& old, const std::optional<PasswordKey>& key,
                                            Database* database, const Into& into) {
  Holdings there;
  if (database != nullptr) {
    auto holdings = store::read_holdings(*database);
    if (!holdings) return fail(holdings.error());
    there = std::move(*holdings);
  }
  auto realm = realm_for(database, there, into.config.realm);
  if (!realm) return std::unexpected(std::move(realm.error()));
  BrokerConfig config = into.config;
  config.realm = *realm;
  const Target target{.config = config, .holdings = std::move(there), .now = into.now};
  auto plan = plan_import(old, key, target, into.random);
  if (!plan) return std::unexpected(std::move(plan.error()));
  return Import{.plan = std::move(*plan), .realm = std::move(*realm)};
}

}  // namespace

std::expected<Import, std::string> try_import(const OldBase& old, const std::optional<PasswordKey>& key,
                                              Database* database, const Into& into) {
  if (database != nullptr) {
    if (auto begun = database->begin_reading(); !begun) return fail(begun.error());
  }
  auto import = plan_for(old, key, database, into);
  if (import && database != nullptr) {
    if (auto ended = database->commit(); !ended) return fail(ended.error());
  }
  return import;
}

std::expected<Import, std::string> run_import(const OldBase& old, const std::optional<PasswordKey>& key,
                                              Database& database, const Into& into) {
  if (auto begun = database.begin_writing(); !begun) return fail(begun.error());
  auto import = plan_for(old, key, &database, into);
  if (!import) return import;
  if (!import->plan.changes.empty()) {
    if (auto set = database.set_realm(import->realm); !set) return fail(set.error());
  }
  if (auto applied = database.apply(import->plan.changes); !applied) return fail(applied.error());
  if (auto ended = database.commit(); !ended) return fail(ended.error());
  return import;
}

}  // namespace tsp::linux_::ddtb
