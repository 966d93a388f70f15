// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/database.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "adapters/linux/store/records.h"
#include "adapters/port/claim_rules.h"

namespace tsp::linux_::store {
namespace {

using enum ColumnKind;

std::vector<TableLayout> make_tables() {
  const std::vector<TableLayout::Column> endpoints = {
      {"remote_address", Blob}, {"remote_port", Integer}, {"local_address", Blob},      {"local_port", Integer},
      {"inner_address", Blob},  {"delegated_base", Blob}, {"delegated_length", Integer}};
  TableLayout tunnels{"tunnels",
                      {{"id", Integer}, {"account", Integer}, {"login", Text}, {"broker", Integer}, {"type", Integer}}};
  TableLayout history{
      "tunnel_history",
      {{"tunnel", Integer}, {"account", Integer}, {"login", Text}, {"broker", Integer}, {"type", Integer}}};
  for (TableLayout* table : {&tunnels, &history}) {
    table->columns.insert(table->columns.end(), endpoints.begin(), endpoints.end());
  }
  for (const TableLayout::Column column : {TableLayout::Column{"server_address", Blob},
                                           {"mtu", Integer},
                                           {"keepalive_seconds", Integer},
                                           {"confirmed", Integer},
                                           {"created_ns", Integer},
                                           {"evicted", Integer},
                                           {"evicted_by", Integer}}) {
    tunnels.columns.push_back(column);
  }
  for (const TableLayout::Column column :
       {TableLayout::Column{"created_ns", Integer}, {"ended_ns", Integer}, {"reason", Integer}}) {
    history.columns.push_back(column);
  }
  return {
      {"accounts",
       {{"id", Integer},
        {"login", Text},
        {"verifier", Text},
        {"enabled", Integer},
        {"prefix_shortest", Integer},
        {"prefix_longest", Integer},
        {"server_address", Blob},
        {"created_ns", Integer},
        {"mtu", Integer},
        {"update_key", Text},
        {"home", Integer},
        {"note", Text}}},
      {"claims",
       {{"base", Blob},
        {"length", Integer},
        {"last", Blob},
        {"owner", Integer},
        {"state", Integer},
        {"until_ns", Integer},
        {"broker", Integer}}},
      {"name_servers", {{"account", Integer}, {"names", Text}}},
      std::move(tunnels),
      std::move(history),
      {"brokers",
       {{"id", Integer},
        {"addresses", Text},
        {"region", Text},
        {"weight", Integer},
        {"capacity", Integer},
        {"tunnels", Integer},
        {"state", Integer},
        {"pools", Text},
        {"interval_seconds", Integer},
        {"heard_ns", Integer}}},
      {"api_tokens",
       {{"id", Integer},
        {"name", Text},
        {"hash", Text},
        {"role", Integer},
        {"account", Integer},
        {"login", Text},
        {"scopes", Text},
        {"created_ns", Integer},
        {"expires_ns", Integer}}},
      {"console_logins",
       {{"login", Text}, {"role", Integer}, {"account", Integer}, {"password_hash", Text}, {"changed_ns", Integer}}},
      {"audit",
       {{"at_ns", Integer},
        {"id", Integer},
        {"broker", Integer},
        {"actor", Text},
        {"source", Text},
        {"action", Text},
        {"subject", Text},
        {"detail", Text},
        {"result", Text}}},
      {"console_totp",
       {{"login", Text}, {"secret", Text}, {"confirmed", Integer}, {"last_step", Integer}, {"last_use", Integer}}}};
}

// None: it is of another kind.
std::optional<Value> value_of(const Columns& row, int column, ColumnKind kind) {
  if (row.is_null(column)) return Value();
  switch (kind) {
    case Integer:
      return row.integer(column).transform([](std::int64_t number) { return Value(number); });
    case Text:
      return row.text(column).transform([](std::string_view text) { return Value(Bytes{text}); });
    case Blob:
      return row.blob(column).transform([](ByteView blob) { return Value(Bytes{as_text(blob)}); });
  }
  return std::nullopt;
}

// None: the row does not fit its table.
std::optional<std::vector<Value>> values_of(const TableLayout& table, const Columns& row) {
  std::vector<Value> values;
  for (const TableLayout::Column& column : table.columns) {
    const auto value = value_of(row, static_cast<int>(values.size()), column.kind);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

Failure other_kind(const TableLayout& table) {
  return {.detail = "a row of the table " + std::string(table.name) + " holds a value of the wrong kind"};
}

Result<> copy_table(const TableLayout& table, Database& from, Database& to) {
  return from.read(table, [&](const Columns& row) -> Result<> {
    const auto values = values_of(table, row);
    if (!values) return std::unexpected(other_kind(table));
    return to.insert(table, *values);
  });
}

Result<> expect_empty(Database& database) {
  for (const TableLayout& table : all_tables()) {
    const auto rows = database.count(table);
    if (!rows) return std::unexpected(rows.error());
    if (*rows == 0) continue;
    return std::unexpected(Failure{.detail = "it is not empty: there are " + std::to_string(*rows) +
                                             " rows in its table " + std::string(table.name)});
  }
  return {};
}

Result<> copy_all(Database& from, Database& to) {
  if (auto empty = expect_empty(to); !empty) return empty;
  const auto realm = from.realm();
  if (!realm) return std::unexpected(realm.error());
  if (auto set = to.set_realm(*realm); !set) return set;
  for (const TableLayout& table : all_tables()) {
    if (auto copied = copy_table(table, from, to); !copied) return copied;
  }
  return {};
}

// Claims that overlap stand one after the other when they are in order, with those around them before.
void find_overlaps(std::vector<Claim> claims, std::vector<std::string>& faults) {
  std::ranges::sort(claims, {}, &Claim::prefix);
  std::vector<Claim> around;
  for (const Claim& claim : claims) {
    while (!around.empty() && !around.back().prefix.contains(claim.prefix)) around.pop_back();
    for (const Claim& outer : around) {
      if (!port::may_put(claim, outer)) faults.push_back(port::refusal_text(claim, outer));
    }
    around.push_back(claim);
  }
}

void add(const SealedPage& page, Sealing& sealing) {
  sealing.sealed += page.rows - page.unreadable.size();
  sealing.unreadable.insert(sealing.unreadable.end(), page.unreadable.begin(), page.unreadable.end());
}

// `in_turn` calls what it is given, in a transaction of its own or not.
template <class InTurn>
Result<Sealing> seal_pages(Database& database, const InTurn& in_turn) {
  Sealing sealing;
  Result<SealedPage> page;
  do {
    page = in_turn([&, after = page->last] { return database.seal_page(after); });
    if (!page) return std::unexpected(std::move(page.error()));
    add(*page, sealing);
  } while (std::cmp_equal(page->rows, kSealedAtOnce));
  page = in_turn([&] { return database.seal_totps(); });
  if (!page) return std::unexpected(std::move(page.error()));
  add(*page, sealing);
  return sealing;
}

}  // namespace

const std::vector<TableLayout>& all_tables() {
  static const std::vector<TableLayout> kTables = make_tables();
  return kTables;
}

std::string column_names(const TableLayout& table) {
  std::string names;
  for (const auto& column : table.columns) names += (names.empty() ? "" : ", ") + std::string(column.name);
  return names;
}

std::string insertion_into(const TableLayout& table) {
  std::string places;
  for (std::size_t i = 0; i < table.columns.size(); ++i) places += i == 0 ? "?" : ", ?";
  return "INSERT INTO " + std::string(table.name) + " (" + column_names(table) + ") VALUES (" + places + ")";
}

Result<> copy(Database& from, Database& to) {
  if (auto begun = from.begin_reading(); !begun) return begun;
  if (auto begun = to.begin_writing(); !begun) return begun;
  if (auto copied = copy_all(from, to); !copied) return copied;
  if (auto ended = to.commit(); !ended) return ended;
  return from.commit();
}

Result<Sealing> seal_all(Database& database) {
  return seal_pages(database, [&](const auto& seal) -> Result<SealedPage> {
    if (auto begun = database.begin_writing(); !begun) return std::unexpected(begun.error());
    auto page = seal();
    if (!page) return page;
    if (auto ended = database.commit(); !ended) return std::unexpected(ended.error());
    return page;
  });
}

Result<Sealing> seal_all_at_once(Database& database) {
  return seal_pages(database, [](const auto& seal) -> Result<SealedPage> { return seal(); });
}

Result<Holdings> read_holdings(Database& database) {
  Holdings holdings;
  const auto keep = [](auto read, auto& all) {
    return [read, &all](const Columns& row) -> Result<> {
      auto one = read(row);
      if (!one) return std::unexpected(Failure{.detail = one.error() + "; see `tspctl db check`"});
      all.push_back(std::move(*one));
      return {};
    };
  };
  const auto& tables = all_tables();
  const auto read_one = [&](const Columns& row) { return read_account(row, database.sealer()); };
  Result<> read = database.read(tables[0], keep(read_one, holdings.accounts));
  if (read) read = database.read(tables[1], keep(read_claim, holdings.claims));
  if (!read) return std::unexpected(read.error());
  return holdings;
}

Result<std::vector<std::string>> find_faults(Database& database) {
  std::vector<std::string> faults;
  std::vector<Claim> claims;
  const auto keep_fault = [&](auto&& read) {
    return [&faults, read](const Columns& row) -> Result<> {
      if (auto one = read(row); !one) faults.push_back(one.error());
      return {};
    };
  };
  const auto read_and_keep_claim = [&claims](const Columns& row) {
    auto claim = read_claim(row);
    if (claim) claims.push_back(*claim);
    return claim;
  };
  if (auto begun = database.begin_reading(); !begun) return std::unexpected(begun.error());
  const auto& tables = all_tables();
  const auto read_one = [&](const Columns& row) { return read_account(row, database.sealer()); };
  Result<> read = database.read(tables[0], keep_fault(read_one));
  if (read) read = database.read(tables[1], keep_fault(read_and_keep_claim));
  if (read) read = database.read(tables[2], keep_fault(read_name_servers));
  if (read) read = database.read(tables[3], keep_fault(read_tunnel));
  if (read) read = database.read(tables[5], keep_fault(read_broker));
  if (read) read = database.read(tables[6], keep_fault(read_api_token));
  if (read) read = database.read(tables[7], keep_fault(read_console_login));
  if (read) read = database.read(tables[8], keep_fault(read_audit_entry));
  const auto read_totp = [&](const Columns& row) { return read_console_totp(row, database.sealer()); };
  if (read) read = database.read(tables[9], keep_fault(read_totp));
  if (read) read = database.commit();
  if (!read) return std::unexpected(read.error());
  find_overlaps(std::move(claims), faults);
  return faults;
}

}  // namespace tsp::linux_::store
