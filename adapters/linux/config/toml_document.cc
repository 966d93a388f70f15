// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/toml_document.h"

#include <toml++/toml.h>

#include <algorithm>
#include <utility>

namespace tsp::linux_ {
namespace {

std::string_view type_in_words(toml::node_type type) {
  switch (type) {
    case toml::node_type::none:
      return "nothing";
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date and time";
  }
  return "something";
}

TomlValue convert(const toml::node& node) {
  TomlValue out{OtherToml{}, type_in_words(node.type())};
  if (const auto* boolean = node.as_boolean()) {
    out.value = boolean->get();
  } else if (const auto* integer = node.as_integer()) {
    out.value = integer->get();
  } else if (const auto* string = node.as_string()) {
    out.value = string->get();
  } else if (const auto* array = node.as_array()) {
    std::vector<TomlValue> items;
    for (const toml::node& item : *array) items.push_back(convert(item));
    out.value = std::move(items);
  }
  return out;
}

unsigned line_of(const toml::node& node) {
  return node.source().begin.line;
}

void append_section(const std::string& name, const toml::table& table, std::vector<TomlEntry>& entries) {
  entries.push_back({name, "", {OtherToml{}, type_in_words(table.type())}, line_of(table)});
  for (const auto& [key, node] : table) {
    entries.push_back({name, std::string(key.str()), convert(node), key.source().begin.line});
  }
}

}  // namespace

std::expected<std::vector<TomlEntry>, TomlError> read_toml(std::string_view text) {
  toml::table file;
  try {
    file = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return std::unexpected(TomlError{error.source().begin.line, std::string(error.description())});
  }
  std::vector<TomlEntry> entries;
  for (const auto& [key, node] : file) {
    if (const toml::table* section = node.as_table()) {
      append_section(std::string(key.str()), *section, entries);
    } else {
      entries.push_back({"", std::string(key.str()), convert(node), key.source().begin.line});
    }
  }
  // The library keeps tables sorted by name; people read their file from top to bottom.
  std::ranges::stable_sort(entries, {}, &TomlEntry::line);
  return entries;
}

}  // namespace tsp::linux_
