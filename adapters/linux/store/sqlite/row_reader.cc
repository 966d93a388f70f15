// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/row_reader.h"

#include <algorithm>
#include <cstring>

#include "adapters/linux/store/sqlite/hex.h"

namespace tsp::linux_::sqlite {
namespace {

constexpr std::uint64_t kFaultsNamed = 5;

ByteView blob(sqlite3_stmt* statement, int column) {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
}

}  // namespace

bool RowReader::next_is_null() const {
  return sqlite3_column_type(statement_, column_) == SQLITE_NULL;
}

bool RowReader::take(int type) {
  ++column_;
  if (sqlite3_column_type(statement_, column_ - 1) == type) return true;
  complain("has the wrong type");
  return false;
}

std::int64_t RowReader::raw_integer() {
  return take(SQLITE_INTEGER) ? sqlite3_column_int64(statement_, column_ - 1) : 0;
}

std::string RowReader::text() {
  if (!take(SQLITE_TEXT)) return {};
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column_ - 1));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column_ - 1))};
}

IPv6Address RowReader::address() {
  IPv6Address address;
  if (!take(SQLITE_BLOB)) return address;
  const ByteView bytes = blob(statement_, column_ - 1);
  if (bytes.size() == address.octets.size()) {
    std::ranges::copy(bytes, address.octets.begin());
  } else {
    complain("is not 16 bytes long");
  }
  return address;
}

std::optional<IPv6Address> RowReader::optional_address() {
  if (!next_is_null()) return address();
  skip();
  return std::nullopt;
}

IPv6Prefix RowReader::prefix() {
  const IPv6Address base = address();
  const IPv6Prefix prefix = {base, integer<std::uint8_t>(0, 128)};
  if (make_prefix(base, prefix.length) != prefix) complain("leaves out bits of the base");
  return prefix;
}

std::optional<IPv6Prefix> RowReader::optional_prefix() {
  if (!next_is_null()) return prefix();
  skip();
  skip();
  return std::nullopt;
}

void RowReader::complain(std::string_view what) {
  if (fault_.empty()) fault_ = std::string(sqlite3_column_name(statement_, column_ - 1)) + " " + std::string(what);
}

std::optional<std::string> RowReader::fault(std::string_view kind) const {
  if (fault_.empty()) return std::nullopt;
  return std::string(kind) + " " + key_text() + ": " + fault_;
}

std::string RowReader::key_text() const {
  if (sqlite3_column_type(statement_, 0) == SQLITE_INTEGER) return std::to_string(sqlite3_column_int64(statement_, 0));
  return to_hex(blob(statement_, 0));
}

void SkippedRows::add(const std::string& fault) {
  if (++count_ > kFaultsNamed) return;
  if (!faults_.empty()) faults_ += "; ";
  faults_ += fault;
}

std::string SkippedRows::text() const {
  if (count_ == 0) return {};
  return std::to_string(count_) + " unreadable rows left out: " + faults_ + (count_ > kFaultsNamed ? "; …" : "");
}

}  // namespace tsp::linux_::sqlite
