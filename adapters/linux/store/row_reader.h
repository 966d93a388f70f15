// SPDX-License-Identifier: Apache-2.0
//
// Reads the current row column by column. What is not as this program writes it makes the row unreadable, and is
// named; one damaged row must not stop the service.
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/store/columns.h"
#include "adapters/linux/store/failure.h"

namespace tsp::linux_::store {

class RowReader {
 public:
  explicit RowReader(const Columns& row) : row_(row) {}

  [[nodiscard]] bool next_is_null() const;
  void skip() { ++column_; }

  template <class T>
  T integer(T low = std::numeric_limits<T>::min(), T high = std::numeric_limits<T>::max()) {
    const std::int64_t value = raw_integer();
    if (std::in_range<T>(value) && static_cast<T>(value) >= low && static_cast<T>(value) <= high) {
      return static_cast<T>(value);
    }
    complain("is out of range");
    return low;
  }
  template <class Enum>
  Enum enumerator(Enum first, Enum last) {
    using Rep = std::underlying_type_t<Enum>;
    return static_cast<Enum>(integer<Rep>(static_cast<Rep>(first), static_cast<Rep>(last)));
  }
  template <class Id>
  Id id() {
    return {integer<decltype(Id::value)>()};
  }
  bool boolean() { return integer<std::uint8_t>(0, 1) == 1; }
  WallTime time() { return {Duration(integer<std::int64_t>())}; }
  std::string text();
  IPv6Address address();
  std::optional<IPv6Address> optional_address();
  // Two columns: base and length.
  IPv6Prefix prefix();
  std::optional<IPv6Prefix> optional_prefix();

  // About the column read last.
  void complain(std::string_view what);
  // What is wrong with the row, beginning with `kind` and its first column; none: nothing.
  [[nodiscard]] std::optional<std::string> fault(std::string_view kind) const;

 private:
  std::int64_t raw_integer();
  // Of the column that is read now; complains if there is no such value.
  template <class T>
  T take(std::optional<T> value) {
    ++column_;
    if (value) return *value;
    complain("has the wrong type");
    return {};
  }
  [[nodiscard]] std::string key_text() const;

  const Columns& row_;
  int column_ = 0;
  std::string fault_;
};

// The rows that were left out of an answer.
class SkippedRows {
 public:
  void add(const std::string& fault);
  // For StoreDone.detail; empty if there were none.
  [[nodiscard]] std::string text() const;

 private:
  std::uint64_t count_ = 0;
  std::string faults_;  // the first few
};

// Until the first for which `on_row` (const Columns& -> Result<>) fails.
template <class Rows, class OnRow>
Result<> for_each_row(Result<Rows> rows, const OnRow& on_row) {
  if (!rows) return std::unexpected(rows.error());
  while (true) {
    const auto more = rows->next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    if (Result<> taken = on_row(*rows); !taken) return taken;
  }
}

// The first column of the first row; 0: there is no row, or it is NULL.
template <class Rows>
Result<std::int64_t> first_number(Result<Rows> rows) {
  if (!rows) return std::unexpected(rows.error());
  const auto found = rows->next();
  if (!found) return std::unexpected(found.error());
  return *found ? rows->integer(0).value_or(0) : 0;
}

// All rows, as `read` (const Columns& -> std::expected<T, std::string>) reads each.
template <class T, class Rows, class Read>
Result<std::vector<T>> read_all(Result<Rows> rows, Read read, SkippedRows& skipped) {
  std::vector<T> all;
  const auto keep = [&](const Columns& row) -> Result<> {
    if (std::expected<T, std::string> one = read(row)) {
      all.push_back(std::move(*one));
    } else {
      skipped.add(std::move(one.error()));
    }
    return {};
  };
  if (auto read_to_end = for_each_row(std::move(rows), keep); !read_to_end) {
    return std::unexpected(std::move(read_to_end.error()));
  }
  return all;
}

}  // namespace tsp::linux_::store
