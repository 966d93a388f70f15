// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/session.h"

#include <string>
#include <utility>

#include "adapters/linux/store/mysql/password_file.h"
#include "adapters/linux/store/mysql/realm.h"
#include "adapters/linux/store/mysql/schema.h"

namespace tsp::linux_::mysql {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kSilenceMax{2};

Result<Connection> open_database(const MysqlOptions& options) {
  const auto password = read_password(options.password_file);
  if (!password) return std::unexpected(password.error());
  auto connection = Connection::open(options, *password);
  if (!connection) return connection;
  if (auto upgraded = upgrade_schema(*connection, all_upgrades()); !upgraded) return std::unexpected(upgraded.error());
  if (auto settled = settle_realm(*connection, options.realm); !settled) return std::unexpected(settled.error());
  return connection;
}

Result<std::int64_t> read_number(Statement& statement, BrokerId broker) {
  auto rows = statement.query(broker);
  if (!rows) return std::unexpected(rows.error());
  if (const auto found = rows->next(); !found) return std::unexpected(found.error());
  return rows->integer(0).value_or(0);
}

}  // namespace

Result<Session*> SessionKeeper::session() {
  was_there_ = session_ != nullptr;
  last_use_ = Clock::now();
  if (session_) return session_.get();
  if (auto opened = open(); !opened) return std::unexpected(std::move(opened.error()));
  return session_.get();
}

Result<> SessionKeeper::open() {
  auto connection = open_database(options_);
  if (!connection) return std::unexpected(std::move(connection.error()));
  if (role_ == Role::Writer) {
    if (auto alone = become_broker(*connection); !alone) return alone;
  }
  last_id_ = connection->id();
  session_ = std::make_unique<Session>(std::move(*connection));
  ++sessions_;
  return {};
}

Result<> SessionKeeper::become_broker(Connection& connection) {
  Statement get_lock(connection, "SELECT get_lock(concat('tspbroker ', database(), ' broker ', ?), 1)");
  const auto locked = read_number(get_lock, options_.broker);
  if (!locked) return std::unexpected(locked.error());
  if (*locked == 1) return {};
  // Perhaps a connection of ours that the server does not know yet to be lost.
  Statement holder(connection, "SELECT is_used_lock(concat('tspbroker ', database(), ' broker ', ?))");
  const auto id = read_number(holder, options_.broker);
  if (!id) return std::unexpected(id.error());
  if (last_id_ != 0 && std::cmp_equal(*id, last_id_)) {
    if (auto killed = connection.run(("KILL CONNECTION " + std::to_string(last_id_)).c_str()); !killed) return killed;
  }
  return std::unexpected(Failure{.detail = "another tspd serves this database as broker " +
                                           std::to_string(options_.broker.value) +
                                           "; each needs a server.broker_id of its own",
                                 .fault = Fault::Conflict});
}

void SessionKeeper::drop() {
  session_.reset();
}

void SessionKeeper::keep_alive() {
  if (!session_ || Clock::now() - last_use_ < kSilenceMax) return;
  last_use_ = Clock::now();
  if (!session_->connection.ping()) drop();
}

}  // namespace tsp::linux_::mysql
