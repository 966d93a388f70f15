// SPDX-License-Identifier: Apache-2.0
//
// The keys of the database. They are changed in steps, each of which leaves a file and a database that belong together:
// a key is in the file before anything is sealed with it, and goes when nothing is sealed with it any more.
#include <filesystem>
#include <utility>

#include <nlohmann/json.hpp>

#include "adapters/linux/config/store_keys.h"
#include "adapters/linux/secrets/key_file.h"
#include "adapters/linux/store/database_keys.h"
#include "apps/tspctl/database_commands.h"

namespace tsp::tspctl {

using linux_::secrets::KeyRing;
using linux_::secrets::KeyRole;
using linux_::secrets::SealingKey;
using linux_::store::Database;
using linux_::store::Sealing;
using nlohmann::json;

namespace {

std::unexpected<Failure> fail_with_keys(const std::string& why) {
  return std::unexpected(Failure{.code = ExitCode::Unavailable, .message = "store.key_file: " + why});
}

json ids_of(const KeyRing& ring, KeyRole role) {
  json ids = json::array();
  for (const SealingKey& key : ring.keys()) {
    if (key.role == role) ids.push_back(key.id);
  }
  return ids;
}

json describe(const std::string& path, const KeyRing& ring) {
  return {{"key_file", path},
          {"current", ring.current().id},
          {"next", ids_of(ring, KeyRole::Next)},
          {"former", ids_of(ring, KeyRole::Former)}};
}

// Why former keys have to stay.
Failure unreadable(const std::string& place, const Sealing& sealing) {
  return {.code = ExitCode::Unavailable,
          .message = place + ": " + std::to_string(sealing.unreadable.size()) +
                     " secrets cannot be unsealed, and all keys are kept: " + sealing.unreadable.front()};
}

// The keys go while nobody else can write, and only if nothing was found that they had sealed: what is sealed anew is
// on the disk before.
linux_::store::Result<Sealing> retire(Database& database, const std::string& path, KeyRing& ring) {
  Sealing all;
  while (true) {
    if (auto begun = database.begin_writing(); !begun) return std::unexpected(begun.error());
    auto sealing = linux_::store::seal_all_at_once(database);
    if (!sealing) return sealing;
    const bool done = sealing->sealed == 0 && sealing->unreadable.empty();
    if (done) {
      ring.retire();
      if (auto replaced = linux_::secrets::replace_keys(path, ring); !replaced) {
        return std::unexpected(linux_::store::Failure{.detail = replaced.error()});
      }
    }
    if (auto ended = database.commit(); !ended) return std::unexpected(ended.error());
    all.sealed += sealing->sealed;
    all.unreadable = std::move(sealing->unreadable);
    if (done || !all.unreadable.empty()) return all;
  }
}

}  // namespace

std::expected<DatabaseCommands::Opened, Failure> DatabaseCommands::open_with_keys() const {
  auto opened = open(Purpose::Change);
  if (!opened || opened->database->sealer() != nullptr) return opened;
  return fail_with_keys(key_file_of(opened->config) + " is not there; `tspctl key init` makes it");
}

Output DatabaseCommands::init_keys() const {
  auto opened = open(Purpose::ReadIfThere);
  if (!opened) return std::unexpected(std::move(opened.error()));
  const std::string path = key_file_of(opened->config);
  if (std::filesystem::exists(path)) {
    return std::unexpected(Failure{.code = ExitCode::Exists, .message = path + " is there already"});
  }
  if (auto made = linux_::store::make_keys(path, opened->database.get()); !made) return fail_with_keys(made.error());
  const auto ring = linux_::secrets::load_keys(path);
  return ring ? render(describe(path, *ring)) : fail_with_keys(ring.error());
}

Output DatabaseCommands::list_keys() const {
  auto opened = open(Purpose::Read);
  if (!opened) return std::unexpected(std::move(opened.error()));
  const std::string path = key_file_of(opened->config);
  const auto ring = linux_::secrets::load_keys(path);
  return ring ? render(describe(path, *ring)) : fail_with_keys(ring.error());
}

Output DatabaseCommands::add_key() const {
  auto opened = open(Purpose::Read);
  if (!opened) return std::unexpected(std::move(opened.error()));
  const std::string path = key_file_of(opened->config);
  auto ring = linux_::secrets::load_keys(path);
  if (!ring) return fail_with_keys(ring.error());
  ring->add_next();
  if (auto replaced = linux_::secrets::replace_keys(path, *ring); !replaced) return fail_with_keys(replaced.error());
  return render(describe(path, *ring));
}

Output DatabaseCommands::rotate_keys() const {
  auto opened = open_with_keys();
  if (!opened) return std::unexpected(std::move(opened.error()));
  const std::string path = key_file_of(opened->config);
  auto ring = linux_::secrets::load_keys(path);
  if (!ring) return fail_with_keys(ring.error());
  // One that was cut off is brought to its end, and is no reason for yet another key.
  const bool cut_off = !ids_of(*ring, KeyRole::Former).empty() && ring->next() == nullptr;
  if (!cut_off) {
    ring->add_next();
    ring->promote();
    if (auto replaced = linux_::secrets::replace_keys(path, *ring); !replaced) return fail_with_keys(replaced.error());
  }
  const auto sealing = linux_::store::seal_all(*opened->database);
  if (!sealing) return fail(opened->place, sealing.error());
  if (!sealing->unreadable.empty()) return std::unexpected(unreadable(opened->place, *sealing));
  // Nobody else has the file open; brokers on a server may not have the new key yet.
  if (opened->config.store.type == linux_::StoreType::Sqlite) {
    const auto last = retire(*opened->database, path, *ring);
    if (!last) return fail(opened->place, last.error());
  }
  json answer = describe(path, *ring);
  answer["sealed_anew"] = sealing->sealed;
  return render(answer);
}

Output DatabaseCommands::retire_keys() const {
  auto opened = open_with_keys();
  if (!opened) return std::unexpected(std::move(opened.error()));
  const std::string path = key_file_of(opened->config);
  auto ring = linux_::secrets::load_keys(path);
  if (!ring) return fail_with_keys(ring.error());
  const auto sealing = retire(*opened->database, path, *ring);
  if (!sealing) return fail(opened->place, sealing.error());
  if (!sealing->unreadable.empty()) return std::unexpected(unreadable(opened->place, *sealing));
  json answer = describe(path, *ring);
  answer["sealed_anew"] = sealing->sealed;
  return render(answer);
}

}  // namespace tsp::tspctl
