// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/open_store.h"

#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

#include "adapters/linux/loop/preflight.h"
#include "adapters/linux/store/mysql/configured_options.h"
#include "adapters/linux/store/mysql/mysql_store.h"
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
  SqliteOptions options{.path = config.store.path,
                        .realm = config.broker.realm,
                        .busy_timeout = std::chrono::milliseconds(config.store.busy_timeout_ms),
                        .commit_delay = std::chrono::milliseconds(config.store.commit_delay_ms),
                        .history_kept = std::chrono::days(config.store.history_days)};
  auto opened = SqliteStore::open(options, sink);
  if (opened && (*opened)->realm().empty()) {
    // A new store, and a file that names no realm.
    opened->reset();
    options.realm = default_realm();
    opened = SqliteStore::open(options, sink);
  }
  if (!opened) return StartError{ExitCode::Store, std::move(opened.error())};
  add(std::move(*opened), parts);
  return std::nullopt;
}

std::optional<StartError> open_mysql(const DaemonConfig& config, const port::Store::Sink& sink, DaemonParts& parts) {
  auto opened = MysqlStore::open(configured_options(config), sink);
  if (!opened) return StartError{ExitCode::Store, std::move(opened.error())};
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
