// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/load.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <string>

#include "adapters/linux/config/host_addresses.h"
#include "adapters/linux/config/keys.h"
#include "adapters/linux/config/settle.h"
#include "adapters/linux/config/toml_document.h"

namespace tsp::linux_ {
namespace {

std::string quote(const std::string& text) {
  return '"' + text + '"';
}

// What was found, in words: the value itself where that is short.
std::string describe(const TomlValue& found) {
  if (const auto* number = std::get_if<std::int64_t>(&found.value)) return std::to_string(*number);
  if (const auto* boolean = std::get_if<bool>(&found.value)) return *boolean ? "true" : "false";
  if (const auto* string = std::get_if<std::string>(&found.value)) return quote(*string);
  const auto* items = std::get_if<std::vector<TomlValue>>(&found.value);
  if (items == nullptr) return std::string(found.type);
  std::string out = "[";
  for (const TomlValue& item : *items) out += (out.size() > 1 ? ", " : "") + describe(item);
  return out + "]";
}

std::string names_of(std::string_view section) {
  std::string out;
  for (const Key& key : all_keys()) {
    if (key.section == section) out += (out.empty() ? "" : ", ") + std::string(key.name);
  }
  return out;
}

std::string sections() {
  std::string out;
  std::string_view last;
  for (const Key& key : all_keys()) {
    if (key.section == last) continue;
    last = key.section;
    out += (out.empty() ? "[" : ", [") + std::string(last) + "]";
  }
  return out;
}

std::set<std::string> subsections() {
  std::set<std::string> out;
  for (const Key& key : all_keys()) {
    if (key.section.contains('.')) out.emplace(key.section);
  }
  return out;
}

std::string unknown_key(const TomlEntry& entry) {
  if (entry.section.empty()) return "unknown key; expected " + names_of("") + " or one of the sections " + sections();
  return "unknown key; [" + entry.section + "] has " + names_of(entry.section);
}

std::string what_is_wrong(const Key& key, const TomlValue& value) {
  const TomlValue* bad_entry = key.bad_entry ? key.bad_entry(value) : nullptr;
  if (bad_entry == nullptr) return "expected " + key.expected + ", found " + describe(value);
  return "expected each of the list to be " + key.entry_expected + ", found " + describe(*bad_entry);
}

class Reader {
 public:
  void read(const std::vector<TomlEntry>& entries) {
    for (const TomlEntry& entry : entries) {
      if (entry.key.empty()) {
        enter(entry);
      } else if (!names_of(entry.section).empty()) {
        read(entry);
      }
    }
  }

  DaemonConfig config;
  std::vector<ConfigError> errors;

 private:
  void enter(const TomlEntry& section) {
    config.lines[section.section] = section.line;
    if (!names_of(section.section).empty()) return;
    errors.push_back({section.line, section.section, "unknown section; expected one of " + sections()});
  }

  void read(const TomlEntry& entry) {
    for (const Key& key : all_keys()) {
      if (key.section != entry.section || key.name != entry.key) continue;
      config.lines[full_name(key)] = entry.line;
      if (!key.set(config, entry.value)) {
        errors.push_back({entry.line, full_name(key), what_is_wrong(key, entry.value)});
      }
      return;
    }
    const std::string name = entry.section.empty() ? entry.key : entry.section + '.' + entry.key;
    errors.push_back({entry.line, name, unknown_key(entry)});
  }
};

// What is told of a key beside keys that are wrong by themselves, and which keys it was told by. Whatever else keys
// mean together is told when each of them is right.
struct ToldBeside {
  std::string_view key;
  std::vector<std::string_view> told_by;
};
const std::vector<ToldBeside>& told_beside() {
  static const std::vector<ToldBeside> kAll = {
      {"redirect.brokers", {"server.listen", "server.own_addresses"}},
      {"redirect.weights", {"redirect.brokers"}},
      {"redirect.broker_ids", {"redirect.brokers", "server.broker_id"}},
      {"redirect.regions", {"redirect.brokers"}},
      {"redirect.capacities", {"redirect.brokers"}},
      {"server.public_addresses", {}},
  };
  return kAll;
}

bool is_independent(const ConfigFault& fault, const std::vector<ConfigError>& errors) {
  const auto is_wrong = [&](std::string_view key) {
    return std::ranges::find(errors, key, &ConfigError::key) != errors.end();
  };
  const auto told = std::ranges::find(told_beside(), fault.key, &ToldBeside::key);
  return told != told_beside().end() && !is_wrong(fault.key) && std::ranges::none_of(told->told_by, is_wrong);
}

}  // namespace

std::expected<DaemonConfig, std::vector<ConfigError>> parse_config(std::string_view text,
                                                                   const std::vector<IPv6Address>& own_addresses) {
  const auto entries = read_toml(text, subsections());
  if (!entries) return std::unexpected(std::vector{ConfigError{entries.error().line, "", entries.error().message}});
  Reader reader;
  reader.read(*entries);
  std::vector<ConfigFault> faults = settle(reader.config, own_addresses);
  if (!reader.errors.empty()) {
    std::erase_if(faults, [&](const ConfigFault& fault) { return !is_independent(fault, reader.errors); });
  } else if (faults.empty()) {
    return std::move(reader.config);
  }
  std::vector<ConfigError> errors = std::move(reader.errors);
  for (ConfigFault& fault : faults) {
    const unsigned line = line_of(reader.config, fault.key);
    errors.push_back({line, std::move(fault.key), std::move(fault.message)});
  }
  return std::unexpected(std::move(errors));
}

unsigned line_of(const DaemonConfig& config, const std::string& key) {
  const auto line = config.lines.find(key);
  return line == config.lines.end() ? 0 : line->second;
}

std::string to_text(std::string_view file, const ConfigError& error) {
  std::string out(file);
  if (error.line > 0) out += ':' + std::to_string(error.line);
  out += ": ";
  if (!error.key.empty()) out += error.key + ": ";
  out += error.message;
  // Keys and values are quoted from the file, which may hold anything.
  std::ranges::replace_if(out, [](unsigned char c) { return c < ' ' || c == 0x7F; }, ' ');
  return out;
}

std::expected<DaemonConfig, std::vector<ConfigError>> read_config(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  for (char c = 0; file.get(c);) text += c;
  if (!file.is_open() || file.bad()) {
    return std::unexpected(std::vector{
        ConfigError{.line = 0, .key = "", .message = std::string("cannot be read: ") + std::strerror(errno)}});
  }
  return parse_config(text, host_addresses());
}

std::expected<DaemonConfig, std::vector<std::string>> load_config(const std::string& path) {
  auto config = read_config(path);
  if (config) return std::move(*config);
  std::vector<std::string> lines;
  for (const ConfigError& error : config.error()) lines.push_back(to_text(path, error));
  return std::unexpected(std::move(lines));
}

}  // namespace tsp::linux_
