// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/open_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "adapters/linux/config/store_keys.h"
#include "adapters/linux/loop/preflight.h"
#include "adapters/linux/secrets/sealer.h"
#include "adapters/linux/store/database_keys.h"
#include "adapters/linux/store/mysql/configured_options.h"
#include "adapters/linux/store/mysql/mysql_database.h"
#include "adapters/linux/store/mysql/mysql_store.h"
#include "adapters/linux/store/sqlite/sqlite_database.h"
#include "adapters/linux/store/sqlite/sqlite_store.h"
#include "adapters/linux/store/sqlite/store_lock.h"

namespace tsp::linux_ {
namespace {

constexpr mode_t kStoreFolderMode = 0750;

std::optional<StartError> make_folder(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  if (mkdir(folder.c_str(), kStoreFolderMode) == 0 || errno == EEXIST) return std::nullopt;
  return StartError{ExitCode::Store, "store.path: " + folder + " cannot be made: " + std::strerror(errno)};
}

std::optional<StartError> lock(const std::string& path, FileDescriptor& place) {
  auto locked = lock_store(path);
  if (!locked) return StartError{ExitCode::Store, std::move(locked.error())};
  place = std::move(*locked);
  return std::nullopt;
}

using Keys = std::shared_ptr<const secrets::Sealer>;

std::unexpected<StartError> key_error(const std::string& why) {
  return std::unexpected(StartError{ExitCode::Store, "store.key_file: " + why});
}

std::expected<Keys, StartError> open_sqlite_keys(const DaemonConfig& config) {
  std::unique_ptr<store::Database> database;
  if (std::filesystem::exists(config.store.path)) {
    auto opened = sqlite::SqliteDatabase::open(config.store.path);
    if (!opened) {
      return std::unexpected(StartError{ExitCode::Store, "store " + config.store.path + ": " + opened.error().detail});
    }
    database = std::move(*opened);
  }
  auto keys = store::open_or_make_keys(key_file_of(config), database.get());
  if (!keys) return key_error(keys.error());
  return std::move(*keys);
}

// All brokers on one server need the same keys, so that none makes its own.
std::expected<Keys, StartError> open_mysql_keys(const DaemonConfig& config) {
  const std::string path = key_file_of(config);
  auto keys = secrets::Sealer::open(path);
  if (keys) return std::move(*keys);
  if (std::filesystem::exists(path)) return key_error(keys.error());
  return key_error(keys.error() +
                   "; `tspctl key init` makes it for the first broker on a database, the others need a "
                   "copy of it");
}

// What was written before there were keys, and what is left of a change of them.
void seal_the_rest(store::Result<std::unique_ptr<store::Database>> database, DaemonParts& parts) {
  if (!database) return;  // a server that is away: the next start does it
  const auto sealing = store::seal_all(**database);
  if (!sealing) {
    parts.warnings.push_back("secrets could not be sealed: " + sealing.error().detail);
  } else if (!sealing->unreadable.empty()) {
    parts.warnings.push_back(std::to_string(sealing->unreadable.size()) +
                             " accounts cannot be read: " + sealing->unreadable.front());
  }
}

template <class Store>
void add(std::unique_ptr<Store> store, DaemonParts& parts) {
  Store& opened = *store;
  parts.realm = [&opened] { return opened.realm(); };
  parts.store_transactions = [&opened] { return opened.transactions(); };
  parts.store = std::move(store);
}

std::optional<StartError> open_sqlite(const DaemonConfig& config, const port::Store::Sink& sink, DaemonParts& parts) {
  if (auto error = make_folder(config.store.path)) return error;
  if (auto error = lock(config.store.path, parts.store_lock)) return error;
  auto keys = open_sqlite_keys(config);
  if (!keys) return std::move(keys.error());
  SqliteOptions options{.path = config.store.path,
                        .realm = config.broker.realm,
                        .sealer = *keys,
                        .busy_timeout = std::chrono::milliseconds(config.store.busy_timeout_ms),
                        .commit_delay = std::chrono::milliseconds(config.store.commit_delay_ms),
                        .history_kept = std::chrono::days(config.store.history_days),
                        .audit_kept = std::chrono::days(config.store.audit_days)};
  auto opened = SqliteStore::open(options, sink);
  if (opened && (*opened)->realm().empty()) {
    // A new store, and a file that names no realm.
    opened->reset();
    options.realm = default_realm();
    opened = SqliteStore::open(options, sink);
  }
  if (!opened) return StartError{ExitCode::Store, std::move(opened.error())};
  add(std::move(*opened), parts);
  seal_the_rest(sqlite::SqliteDatabase::open(config.store.path, *keys), parts);
  return std::nullopt;
}

std::optional<StartError> open_mysql(const DaemonConfig& config, const port::Store::Sink& sink, DaemonParts& parts) {
  auto keys = open_mysql_keys(config);
  if (!keys) return std::move(keys.error());
  MysqlOptions options = configured_options(config);
  options.sealer = std::move(*keys);
  auto opened = MysqlStore::open(options, sink);
  if (!opened) return StartError{ExitCode::Store, std::move(opened.error())};
  if ((*opened)->away().empty()) seal_the_rest(mysql::MysqlDatabase::open(options), parts);
  if (const std::string& away = (*opened)->away(); !away.empty()) {
    parts.warnings.push_back(away + "; clients are told to wait until it is there");
  }
  if (config.broker.takeover_check_interval == Duration{}) {
    parts.warnings.emplace_back(
        "store.takeover_check_seconds is 0: if other brokers use this database, an account keeps its tunnel here when "
        "it "
        "logs in there, or is disabled there");
  }
  add(std::move(*opened), parts);
  return std::nullopt;
}

}  // namespace

std::optional<StartError> open_store(const DaemonConfig& config, const port::Store::Sink& sink, DaemonParts& parts) {
  switch (config.store.type) {
    case StoreType::Sqlite:
      return open_sqlite(config, sink, parts);
    case StoreType::Mysql:
      return open_mysql(config, sink, parts);
  }
  return std::nullopt;
}

}  // namespace tsp::linux_
