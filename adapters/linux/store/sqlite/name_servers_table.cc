// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/name_servers_table.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "core/wire/dns_name.h"

namespace tsp::linux_::sqlite {
namespace {

using Names = std::vector<std::string>;

std::string join(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

Names split(std::string_view text) {
  Names names;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    names.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

std::expected<Names, std::string> read_names(const Rows& rows) {
  RowReader row(rows);
  row.skip();
  Names names = split(row.text());
  // They go to name servers and to clients.
  if (!std::ranges::all_of(names, wire::valid_dns_name)) row.complain("holds something else than DNS names");
  if (auto fault = row.fault("name servers of account")) return std::unexpected(std::move(*fault));
  return names;
}

}  // namespace

Result<> NameServersTable::apply(const PutNameServers& change) {
  if (auto put = put_.run(change.account, join(change.names)); !put || connection_.changed_something()) {
    return put && change.names.empty() ? erase(change.account) : put;
  }
  return std::unexpected(
      Failure{.status = StoreStatus::Missing, .detail = "there is no account " + std::to_string(change.account.value)});
}

Result<> NameServersTable::erase(AccountId account) {
  return erase_.run(account);
}

Result<Names> NameServersTable::of_account(AccountId account, SkippedRows& skipped) {
  auto rows = read_all<Names>(of_account_.query(account), &read_names, skipped);
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? Names() : std::move(rows->front());
}

}  // namespace tsp::linux_::sqlite
