// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/reference.h"

#include "adapters/linux/config/keys.h"

namespace tsp::linux_ {
namespace {

std::string heading(std::string_view section) {
  const std::string title = section.empty() ? "At the top of the file" : "`[" + std::string(section) + "]`";
  return "\n### " + title + "\n\n| key | value | if missing | meaning |\n|---|---|---|---|\n";
}

std::string code(const std::string& text) {
  return '`' + text + '`';
}

std::string row(const Key& key, const DaemonConfig& defaults) {
  const std::string shown = key.show(defaults);
  std::string out = "| " + code(std::string(key.name)) + " | " + key.expected + " | ";
  out += key.default_in_words.empty() ? code(shown) : std::string(key.default_in_words);
  out += " | " + std::string(key.help);
  if (key.change == Change::AtRestart) out += " *Needs a restart.*";
  return out + " |\n";
}

}  // namespace

std::string config_reference() {
  const DaemonConfig defaults;
  std::string out;
  const std::string_view* last = nullptr;
  for (const Key& key : all_keys()) {
    if (last == nullptr || *last != key.section) out += heading(key.section);
    last = &key.section;
    out += row(key, defaults);
  }
  return out;
}

}  // namespace tsp::linux_
