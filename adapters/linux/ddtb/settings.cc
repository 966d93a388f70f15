// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/settings.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include "adapters/linux/config/keys.h"
#include "adapters/linux/config/load.h"
#include "adapters/linux/config/toml_document.h"
#include "adapters/linux/store/mysql/configured_options.h"

namespace tsp::linux_::ddtb {
namespace {

constexpr std::string_view kSection = "store.mysql";
constexpr std::string_view kKeyFile = "db_key_file";
constexpr std::size_t kFileSizeMax = 65536;

std::string names() {
  std::string out;
  for (const Key& key : all_keys()) {
    if (key.section == kSection) out += std::string(key.name) + ", ";
  }
  return out + std::string(kKeyFile);
}

class Reader {
 public:
  Reader() {
    config.store.mysql.database = "DDTB";
    config.store.mysql.user = "ddtb";
  }

  void read(const TomlEntry& entry) {
    if (!entry.section.empty() || entry.key.empty()) {
      errors.push_back({entry.line, entry.section, "there are no sections here; expected " + names()});
    } else if (entry.key == kKeyFile) {
      const auto* path = std::get_if<std::string>(&entry.value.value);
      if (path == nullptr || !path->starts_with('/')) return expect(entry, "an absolute path");
      db_key_file = *path;
    } else {
      read_key(entry);
    }
  }
  void finish() {
    const MysqlSettings& server = config.store.mysql;
    if (server.host.empty() == server.socket.empty()) {
      errors.push_back({0, "", "expected `host` or `socket`, and not both: where the server of the old database is"});
    }
  }

  DaemonConfig config;
  std::string db_key_file;
  std::vector<ConfigError> errors;

 private:
  void read_key(const TomlEntry& entry) {
    const auto& keys = all_keys();
    const auto known =
        std::ranges::find_if(keys, [&](const Key& key) { return key.section == kSection && key.name == entry.key; });
    if (known == keys.end()) {
      errors.push_back({entry.line, entry.key, "unknown key; expected " + names()});
    } else if (!known->set(config, entry.value)) {
      expect(entry, known->expected);
    }
  }
  void expect(const TomlEntry& entry, const std::string& what) {
    errors.push_back({entry.line, entry.key, "expected " + what + ", found " + std::string(entry.value.type)});
  }
};

std::expected<std::string, std::string> content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return std::unexpected(std::string("cannot be read: ") + std::strerror(errno));
  std::string text(kFileSizeMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || file.gcount() == 0) return std::unexpected("cannot be read, or is empty");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileSizeMax) return std::unexpected("is larger than settings are");
  return text;
}

}  // namespace

std::expected<ImportSettings, std::vector<std::string>> load_settings(const std::string& path) {
  const auto text = content_of(path);
  if (!text) return std::unexpected(std::vector{path + ": " + text.error()});
  const auto entries = read_toml(*text);
  if (!entries) return std::unexpected(std::vector{to_text(path, {entries.error().line, "", entries.error().message})});
  Reader reader;
  for (const TomlEntry& entry : *entries) reader.read(entry);
  reader.finish();
  if (!reader.errors.empty()) {
    std::vector<std::string> lines;
    for (const ConfigError& error : reader.errors) lines.push_back(to_text(path, error));
    return std::unexpected(std::move(lines));
  }
  return ImportSettings{.server = configured_options(reader.config), .db_key_file = std::move(reader.db_key_file)};
}

}  // namespace tsp::linux_::ddtb
