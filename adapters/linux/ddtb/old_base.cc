// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/ddtb/old_base.h"

#include <string_view>
#include <utility>

#include "adapters/linux/store/mysql/connection.h"
#include "adapters/linux/store/mysql/password_file.h"
#include "adapters/linux/store/mysql/statement.h"
#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::ddtb {
namespace {

using mysql::Connection;
using mysql::Statement;
using store::Columns;
using store::Result;

// Whatever the columns' types and character sets are, texts come as UTF-8.
constexpr const char* kClients =
    "SELECT id, CAST(login AS CHAR), CAST(iv AS CHAR), CAST(passwd AS CHAR), CAST(min_prefix AS SIGNED),"
    " CAST(max_prefix AS SIGNED), CONCAT(COALESCE(name, ''), COALESCE(email, ''), COALESCE(mobile, ''),"
    " COALESCE(ipaddress, '')) <> '' FROM CLIENT ORDER BY id";
constexpr const char* kPrefixes = "SELECT CAST(prefix AS CHAR), client_id FROM PREFIX ORDER BY id";
constexpr const char* kTunnels =
    "SELECT client_id, CAST(prefix AS CHAR), CAST(client_ipv6 AS CHAR), CAST(server_ipv6 AS CHAR) FROM TUNNEL"
    " ORDER BY start_time, id";

std::string text(const Columns& row, int column) {
  return std::string(row.text(column).value_or(""));
}

OldClient read_client(const Columns& row) {
  OldClient client;
  client.id = row.integer(0).value_or(0);
  client.login = text(row, 1);
  if (!row.is_null(2)) client.iv = text(row, 2);
  client.passwd = text(row, 3);
  client.min_prefix = row.integer(4);
  client.max_prefix = row.integer(5);
  client.has_contact = row.integer(6) == 1;
  return client;
}

OldPrefix read_prefix(const Columns& row) {
  return {.prefix = text(row, 0), .client = row.integer(1)};
}

OldTunnel read_tunnel(const Columns& row) {
  return {
      .client = row.integer(0), .prefix = text(row, 1), .client_address = text(row, 2), .server_address = text(row, 3)};
}

template <class T>
Result<> read_table(Connection& connection, const char* sql, T (*read)(const Columns&), std::vector<T>& rows) {
  Statement statement(connection, sql, mysql::Fetch::OneByOne);
  return store::for_each_row(statement.query(), [&](const Columns& row) -> Result<> {
    rows.push_back(read(row));
    return {};
  });
}

Result<OldBase> read_all(const MysqlOptions& options) {
  const auto password = mysql::read_password(options.password_file);
  if (!password) return std::unexpected(password.error());
  auto connection = Connection::open(options, *password);
  if (!connection) return std::unexpected(std::move(connection.error()));
  OldBase base;
  Result<> done = connection->run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
  if (done) done = connection->run("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  if (done) done = read_table(*connection, kClients, &read_client, base.clients);
  if (done) done = read_table(*connection, kPrefixes, &read_prefix, base.prefixes);
  if (done) done = read_table(*connection, kTunnels, &read_tunnel, base.tunnels);
  if (!done) return std::unexpected(std::move(done.error()));
  return base;
}

}  // namespace

Result<OldBase> read_old_base(const MysqlOptions& options) {
  auto base = read_all(options);
  if (base) return base;
  constexpr std::string_view kSection = "store.mysql.";  // the settings have the same keys without it
  std::string& detail = base.error().detail;
  for (auto at = detail.find(kSection); at != std::string::npos; at = detail.find(kSection, at)) {
    detail.erase(at, kSection.size());
  }
  return base;
}

}  // namespace tsp::linux_::ddtb
