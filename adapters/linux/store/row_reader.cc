// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/row_reader.h"

#include <algorithm>

#include "core/base/hex.h"

namespace tsp::linux_::store {
namespace {

constexpr std::uint64_t kFaultsNamed = 5;

}  // namespace

bool RowReader::next_is_null() const {
  return row_.is_null(column_);
}

std::int64_t RowReader::raw_integer() {
  return take(row_.integer(column_));
}

std::string RowReader::text() {
  return std::string(take(row_.text(column_)));
}

IPv6Address RowReader::address() {
  IPv6Address address;
  const auto bytes = row_.blob(column_);
  take(bytes);
  if (!bytes) return address;
  if (bytes->size() == address.octets.size()) {
    std::ranges::copy(*bytes, address.octets.begin());
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
  if (fault_.empty()) fault_ = std::string(row_.name(column_ - 1)) + " " + std::string(what);
}

std::optional<std::string> RowReader::fault(std::string_view kind) const {
  if (fault_.empty()) return std::nullopt;
  return std::string(kind) + " " + key_text() + ": " + fault_;
}

std::string RowReader::key_text() const {
  if (const auto id = row_.integer(0)) return std::to_string(*id);
  return to_hex(row_.blob(0).value_or(ByteView{}));
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

}  // namespace tsp::linux_::store
