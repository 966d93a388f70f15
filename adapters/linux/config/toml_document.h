// SPDX-License-Identifier: Apache-2.0
//
// A TOML file as a flat list of what it sets, in the order of the file, so that nothing else needs the TOML library.
#pragma once

#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tsp::linux_ {

// A value of a type that no key takes (a fraction, a date, a table in a list).
struct OtherToml {};

struct TomlValue {
  std::variant<OtherToml, bool, std::int64_t, std::string, std::vector<TomlValue>> value;
  // The type in words: "a string", "a date".
  std::string_view type;
};

struct TomlEntry {
  std::string section;  // empty at the top of the file
  std::string key;      // empty: the section itself, listed once before its keys
  TomlValue value;
  unsigned line = 0;
};

struct TomlError {
  unsigned line = 0;
  std::string message;
};

// A table inside a section is an entry of OtherToml, unless it is one of the `subsections`, such as "store.mysql".
[[nodiscard]] std::expected<std::vector<TomlEntry>, TomlError> read_toml(std::string_view text,
                                                                         const std::set<std::string>& subsections = {});

}  // namespace tsp::linux_
