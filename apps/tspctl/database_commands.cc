// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/database_commands.h"

#include <filesystem>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "adapters/linux/config/load.h"
#include "adapters/linux/config/store_keys.h"
#include "adapters/linux/ddtb/import.h"
#include "adapters/linux/ddtb/settings.h"
#include "adapters/linux/net/clock.h"
#include "adapters/linux/net/seed.h"
#include "adapters/linux/secrets/sealer.h"
#include "adapters/linux/store/database_keys.h"
#include "adapters/linux/store/mysql/configured_options.h"
#include "adapters/linux/store/mysql/mysql_database.h"
#include "adapters/linux/store/mysql/password_file.h"
#include "adapters/linux/store/sqlite/sqlite_database.h"
#include "adapters/linux/store/sqlite/store_lock.h"
#include "apps/tspctl/import_report.h"
#include "core/base/random.h"

namespace tsp::tspctl {

using linux_::StoreType;
using linux_::mysql::MysqlDatabase;
using linux_::sqlite::SqliteDatabase;
using linux_::store::Database;
using nlohmann::json;

namespace {

std::string place_of(const linux_::DaemonConfig& config) {
  return config.store.type == StoreType::Sqlite ? config.store.path : place_of(configured_options(config));
}

// None: no file is named.
std::expected<std::optional<linux_::ddtb::PasswordKey>, std::string> read_db_key(const std::string& file) {
  if (file.empty()) return std::nullopt;
  const auto line = linux_::mysql::read_password(file, "db_key_file");
  if (!line) return std::unexpected(line.error().detail);
  auto key = linux_::ddtb::PasswordKey::from(*line);
  if (!key) return std::unexpected("db_key_file: " + file + " does not hold base64 in its first line");
  return key;
}

using Keys = std::shared_ptr<const linux_::secrets::Sealer>;

linux_::store::Result<std::unique_ptr<Database>> open_database(const linux_::DaemonConfig& config, bool may_make,
                                                               Keys keys) {
  if (config.store.type == StoreType::Mysql) {
    linux_::MysqlOptions options = configured_options(config);
    options.sealer = std::move(keys);
    return MysqlDatabase::open(options);
  }
  const std::string& path = config.store.path;
  if (may_make && !std::filesystem::exists(path)) return SqliteDatabase::create(path, std::move(keys));
  return SqliteDatabase::open(path, std::move(keys));
}

// Null: there is no such file.
std::expected<Keys, Failure> open_keys(const std::string& path) {
  if (!std::filesystem::exists(path)) return nullptr;
  auto keys = linux_::secrets::Sealer::open(path);
  if (!keys)
    return std::unexpected(Failure{.code = ExitCode::Unavailable, .message = "store.key_file: " + keys.error()});
  return std::move(*keys);
}

// Those that are missing, in their order.
std::vector<std::string> missing_upgrades(const Database& database, std::int64_t version) {
  std::vector<std::string> names = database.upgrades();
  names.erase(names.begin(), names.begin() + version);
  return names;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : separator).append(part);
  return text;
}

// A table for each line, with the number of its rows.
linux_::store::Result<json> count_rows(Database& database) {
  json rows = json::object();
  for (const auto& table : linux_::store::all_tables()) {
    const auto count = database.count(table);
    if (!count) return std::unexpected(count.error());
    rows[std::string(table.name)] = *count;
  }
  return rows;
}

std::string text_of(const json& answer) {
  std::string text;
  for (const auto& [name, value] : answer.items()) {
    if (value.is_object()) {
      for (const auto& [inner, number] : value.items()) text += inner + ": " + number.dump() + '\n';
    } else if (value.is_array()) {
      for (const auto& line : value) text += name + ": " + line.get<std::string>() + '\n';
    } else {
      text += name + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + '\n';
    }
  }
  return text;
}

}  // namespace

std::unexpected<Failure> DatabaseCommands::fail(const std::string& place, const linux_::store::Failure& failure) {
  return std::unexpected(Failure{.code = ExitCode::Unavailable, .message = place + ": " + failure.detail});
}

std::expected<DatabaseCommands::Opened, Failure> DatabaseCommands::open(Purpose purpose) const {
  const auto config = linux_::load_config(config_path_);
  if (!config) return std::unexpected(Failure{.code = ExitCode::Invalid, .message = joined(config.error(), "; ")});
  Opened opened{.place = place_of(*config), .config = *config, .lock = {}, .database = nullptr};
  const bool is_file = config->store.type == StoreType::Sqlite;
  if (is_file && (purpose == Purpose::Change || purpose == Purpose::Make)) {
    auto lock = linux_::lock_store(config->store.path);
    if (!lock) return std::unexpected(Failure{.code = ExitCode::Unavailable, .message = std::move(lock.error())});
    opened.lock = std::move(*lock);
  }
  if (is_file && purpose == Purpose::ReadIfThere && !std::filesystem::exists(config->store.path)) return opened;
  auto keys = open_keys(key_file_of(*config));
  if (!keys) return std::unexpected(std::move(keys.error()));
  auto database = open_database(*config, purpose == Purpose::Make, std::move(*keys));
  if (!database) return fail(opened.place, database.error());
  opened.database = std::move(*database);
  return opened;
}

std::expected<DatabaseCommands::Opened, Failure> DatabaseCommands::open_complete() const {
  auto opened = open(Purpose::Read);
  if (!opened) return opened;
  const auto version = opened->database->schema_version();
  if (!version) return fail(opened->place, version.error());
  if (*version == 0)
    return fail(opened->place, {.detail = "it has no tables yet; tspd makes them, or `tspctl db init`"});
  const auto missing = missing_upgrades(*opened->database, *version);
  if (missing.empty()) return opened;
  return fail(opened->place,
              {.detail = "an older version has made it; first `tspctl db upgrade`, for " + joined(missing, ", ")});
}

Output DatabaseCommands::render(const json& answer) const {
  return json_ ? answer.dump(2) + '\n' : text_of(answer);
}

Output DatabaseCommands::init() const {
  auto opened = open(Purpose::Make);
  if (!opened) return std::unexpected(std::move(opened.error()));
  if (auto made = opened->database->upgrade(); !made) return fail(opened->place, made.error());
  return render({{"database", opened->place}, {"schema", opened->database->upgrades().size()}});
}

Output DatabaseCommands::status() const {
  auto opened = open(Purpose::Read);
  if (!opened) return std::unexpected(std::move(opened.error()));
  Database& database = *opened->database;
  const auto version = database.schema_version();
  if (!version) return fail(opened->place, version.error());
  const auto missing = missing_upgrades(database, *version);
  json answer = {{"database", opened->place}, {"schema", *version}, {"missing_upgrade", missing}};
  if (!missing.empty()) return render(answer);
  const auto realm = database.realm();
  if (!realm) return fail(opened->place, realm.error());
  const auto rows = count_rows(database);
  if (!rows) return fail(opened->place, rows.error());
  answer["realm"] = *realm;
  answer["rows"] = *rows;
  return render(answer);
}

Output DatabaseCommands::upgrade(bool plan) const {
  auto opened = open(plan ? Purpose::Read : Purpose::Change);
  if (!opened) return std::unexpected(std::move(opened.error()));
  Database& database = *opened->database;
  const auto version = database.schema_version();
  if (!version) return fail(opened->place, version.error());
  const auto missing = missing_upgrades(database, *version);
  if (!plan) {
    if (auto upgraded = database.upgrade(); !upgraded) return fail(opened->place, upgraded.error());
  }
  return render({{"database", opened->place}, {plan ? "would_apply" : "applied", missing}});
}

Output DatabaseCommands::check() const {
  auto opened = open_complete();
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto damages = opened->database->damages();
  if (!damages) return fail(opened->place, damages.error());
  auto faults = linux_::store::find_faults(*opened->database);
  if (!faults) return fail(opened->place, faults.error());
  damages->insert(damages->end(), faults->begin(), faults->end());
  if (damages->empty() && !json_) return opened->place + ": sound\n";
  const auto text = render({{"database", opened->place}, {"fault", *damages}});
  if (damages->empty()) return text;
  const std::size_t count = damages->size();
  const std::string message = opened->place + ": " + std::to_string(count) + (count == 1 ? " fault" : " faults");
  return std::unexpected(Failure{.code = ExitCode::Unavailable, .message = message, .output = *text});
}

Output DatabaseCommands::backup(const std::string& file) const {
  auto opened = open_complete();
  if (!opened) return std::unexpected(std::move(opened.error()));
  auto made = SqliteDatabase::create(file);
  if (!made) return fail(file, made.error());
  auto copied = (*made)->upgrade();
  if (copied) copied = linux_::store::copy(*opened->database, **made);
  if (!copied) {
    made->reset();
    std::filesystem::remove(file);
    return fail(file, copied.error());
  }
  const auto rows = count_rows(**made);
  if (!rows) return fail(file, rows.error());
  return render({{"database", opened->place}, {"backup", file}, {"rows", *rows}});
}

// No secret is to be written that is not sealed.
std::expected<DatabaseCommands::Opened, Failure> DatabaseCommands::with_keys(Opened opened) {
  if (opened.database->sealer() != nullptr) return opened;
  const std::string path = key_file_of(opened.config);
  auto keys = linux_::store::open_or_make_keys(path, opened.database.get());
  if (!keys)
    return std::unexpected(Failure{.code = ExitCode::Unavailable, .message = "store.key_file: " + keys.error()});
  auto again = open_database(opened.config, false, std::move(*keys));
  if (!again) return fail(opened.place, again.error());
  opened.database = std::move(*again);
  return opened;
}

std::expected<DatabaseCommands::Opened, Failure> DatabaseCommands::open_for_import(bool apply) const {
  auto opened = open(apply ? Purpose::Make : Purpose::ReadIfThere);
  if (!opened || !opened->database) return opened;
  if (apply) {
    if (auto upgraded = opened->database->upgrade(); !upgraded) return fail(opened->place, upgraded.error());
    return with_keys(std::move(*opened));
  }
  const auto version = opened->database->schema_version();
  if (!version) return fail(opened->place, version.error());
  if (*version == 0) {
    opened->database.reset();  // without tables it holds as much as one that is not there
  } else if (!missing_upgrades(*opened->database, *version).empty()) {
    return fail(opened->place, {.detail = "its tables are of an older version: run `tspctl db upgrade` first"});
  }
  return opened;
}

Output DatabaseCommands::import_ddtb(const std::string& settings_path, bool apply) const {
  const auto settings = linux_::ddtb::load_settings(settings_path);
  if (!settings) {
    return std::unexpected(Failure{.code = ExitCode::Invalid, .message = joined(settings.error(), "; ")});
  }
  const std::string old_place = place_of(settings->server);
  const auto key = read_db_key(settings->db_key_file);
  if (!key) return std::unexpected(Failure{.code = ExitCode::Invalid, .message = settings_path + ": " + key.error()});
  const auto old = linux_::ddtb::read_old_base(settings->server);
  if (!old) return fail(old_place, old.error());
  auto opened = open_for_import(apply);
  if (!opened) return std::unexpected(std::move(opened.error()));
  Random random(linux_::read_seed());
  const linux_::ddtb::Into into{opened->config.broker, linux_::read_clock().wall, random};
  const auto import = apply ? linux_::ddtb::run_import(*old, *key, *opened->database, into)
                            : linux_::ddtb::try_import(*old, *key, opened->database.get(), into);
  if (!import) {
    return std::unexpected(
        Failure{.code = ExitCode::Unavailable, .message = opened->place + ": nothing was imported: " + import.error()});
  }
  const ImportReport report{.old_place = old_place, .place = opened->place, .applied = apply, .import = *import};
  return json_ ? report_json(report).dump(2, ' ', false, json::error_handler_t::replace) + '\n' : report_text(report);
}

Output DatabaseCommands::restore(const std::string& file) const {
  auto from = SqliteDatabase::open(file);
  if (!from) return fail(file, from.error());
  const auto version = (*from)->schema_version();
  if (!version) return fail(file, version.error());
  if (const auto missing = missing_upgrades(**from, *version); !missing.empty()) {
    return fail(file, {.detail = "it was made by an older version: make a copy of it the store.path of a configuration"
                                 " and run `tspctl db upgrade` with that first"});
  }
  auto opened = open(Purpose::Make);
  if (!opened) return std::unexpected(std::move(opened.error()));
  if (auto upgraded = opened->database->upgrade(); !upgraded) return fail(opened->place, upgraded.error());
  if (auto copied = linux_::store::copy(**from, *opened->database); !copied) return fail(opened->place, copied.error());
  const auto rows = count_rows(*opened->database);
  if (!rows) return fail(opened->place, rows.error());
  // Above all secrets that are sealed with other keys than those that are configured.
  const auto faults = linux_::store::find_faults(*opened->database);
  if (!faults) return fail(opened->place, faults.error());
  return render({{"database", opened->place}, {"restored_from", file}, {"rows", *rows}, {"fault", *faults}});
}

}  // namespace tsp::tspctl
