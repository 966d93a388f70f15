// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/database_keys.h"

#include <filesystem>

#include "adapters/linux/secrets/key_file.h"

namespace tsp::linux_::store {
namespace {

Result<std::int64_t> sealed_in(Database* database) {
  if (database == nullptr) return 0;
  const auto version = database->schema_version();
  if (!version || *version == 0) return version;
  return database->count_sealed();
}

}  // namespace

std::expected<void, std::string> make_keys(const std::string& path, Database* database) {
  const auto sealed = sealed_in(database);
  if (!sealed) return std::unexpected(sealed.error().detail);
  if (*sealed > 0) {
    return std::unexpected(path + " is not there, and " + std::to_string(*sealed) +
                           " secrets are sealed with the keys in it: copy it from a backup, or from another broker on "
                           "this database");
  }
  return secrets::create_keys(path, secrets::KeyRing::make());
}

std::expected<std::shared_ptr<const secrets::Sealer>, std::string> open_or_make_keys(const std::string& path,
                                                                                     Database* database) {
  if (!std::filesystem::exists(path)) {
    if (auto made = make_keys(path, database); !made) return std::unexpected(std::move(made.error()));
  }
  return secrets::Sealer::open(path);
}

}  // namespace tsp::linux_::store
