// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/toml_document.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <tuple>
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

std::string_view line_at(std::string_view text, unsigned number) {
  for (; number > 1 && text.find('\n') != std::string_view::npos; --number) text.remove_prefix(text.find('\n') + 1);
  return text.substr(0, text.find('\n'));
}

// The library says what its grammar stumbles over, which for the commonest mistake, a text without its quotes, is the
// date or number that it takes the text for.
std::string syntax_message(std::string_view text, const toml::parse_error& error) {
  std::string said(error.description());
  constexpr std::string_view kNoise = "Error while parsing ";
  if (said.starts_with(kNoise)) said.erase(0, kNoise.size());
  const std::string_view line = line_at(text, error.source().begin.line);
  if (std::ranges::count(line, '"') % 2 != 0) return "a double quote is missing in this line (" + said + ")";
  const bool of_a_value = std::ranges::any_of(
      std::to_array<std::string_view>({"boolean", "date", "floating-point", "integer", "time", "value"}),
      [&](std::string_view kind) { return said.starts_with(kind); });
  if (of_a_value) return "texts and addresses must stand in double quotes (" + said + ")";
  return said;
}

void append_section(const std::string& name, const toml::table& table, const std::set<std::string>& subsections,
                    std::vector<TomlEntry>& entries) {
  entries.push_back({name, "", {OtherToml{}, type_in_words(table.type())}, line_of(table)});
  for (const auto& [key, node] : table) {
    const std::string subsection = name + '.' + std::string(key.str());
    if (node.is_table() && subsections.contains(subsection)) {
      append_section(subsection, *node.as_table(), subsections, entries);
    } else {
      entries.push_back({name, std::string(key.str()), convert(node), key.source().begin.line});
    }
  }
}

}  // namespace

std::expected<std::vector<TomlEntry>, TomlError> read_toml(std::string_view text,
                                                           const std::set<std::string>& subsections) {
  toml::table file;
  try {
    file = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return std::unexpected(TomlError{error.source().begin.line, syntax_message(text, error)});
  }
  std::vector<TomlEntry> entries;
  for (const auto& [key, node] : file) {
    if (const toml::table* section = node.as_table()) {
      append_section(std::string(key.str()), *section, subsections, entries);
    } else {
      entries.push_back({"", std::string(key.str()), convert(node), key.source().begin.line});
    }
  }
  // The library keeps tables sorted by name; people read their file from top to bottom.
  std::ranges::sort(entries, {}, [](const TomlEntry& entry) { return std::tie(entry.line, entry.section, entry.key); });
  return entries;
}

}  // namespace tsp::linux_
