// SPDX-License-Identifier: Apache-2.0
//
// The one table of configuration keys. Reading the file, its error messages, the reference in
// docs/operating/configuration.md and the question what a reload may change all follow from it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/config/toml_document.h"

namespace tsp::linux_ {

enum class Change : std::uint8_t { AtReload, AtRestart };

struct Key {
  std::string_view section;  // empty: at the top of the file
  std::string_view name;
  Change change = Change::AtReload;
  std::string expected;  // completes "expected …"
  std::string_view help;
  // What follows when the key is missing, if it is not a value.
  std::string_view default_in_words;
  // False if the value is not what is expected.
  std::function<bool(DaemonConfig&, const TomlValue&)> set;
  // As it is written in the file; empty if it is not set.
  std::function<std::string(const DaemonConfig&)> show;
  // See Kind.
  std::string entry_expected{};
  std::function<const TomlValue*(const TomlValue&)> bad_entry{};
};

[[nodiscard]] const std::vector<Key>& all_keys();
// "tunnel.mtu"
[[nodiscard]] std::string full_name(const Key& key);
// The keys by which the configurations differ, by their full names.
[[nodiscard]] std::vector<std::string> changed_keys(const DaemonConfig& running, const DaemonConfig& wanted);
// Those of them that only a restart can change.
[[nodiscard]] std::vector<std::string> changes_needing_restart(const DaemonConfig& running, const DaemonConfig& wanted);

}  // namespace tsp::linux_
