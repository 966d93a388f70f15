// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/connection.h"

#include <algorithm>
#include <mutex>

#include <mysqld_error.h>

#include "core/base/assert.h"

namespace tsp::linux_::mysql {
namespace {

// After so many seconds of silence the server ends a connection, and with it the locks of a broker that was cut off.
// Ours are never silent for so long: see WorkerThreads::kIdleInterval.
constexpr int kSilenceSecondsMax = 10;
constexpr int kSilenceInTransactionSecondsMax = 5;

// The library is set up when it is first used, which only one thread may do.
MYSQL* new_handle() {
  static std::once_flag once;
  std::call_once(once, [] { TSP_ASSERT(mysql_library_init(0, nullptr, nullptr) == 0); });
  MYSQL* handle = mysql_init(nullptr);
  TSP_ASSERT(handle != nullptr);  // only without memory
  return handle;
}

template <class T>
void set(MYSQL* handle, mysql_option option, T value) {
  TSP_ASSERT(mysql_options(handle, option, &value) == 0);
}
void set(MYSQL* handle, mysql_option option, const char* text) {
  TSP_ASSERT(mysql_options(handle, option, text) == 0);
}

void set_options(MYSQL* handle, const MysqlOptions& options) {
  const bool over_tcp = options.socket.empty();
  const auto timeout = static_cast<unsigned>(options.timeout.count());
  set(handle, MYSQL_OPT_CONNECT_TIMEOUT, timeout);
  set(handle, MYSQL_OPT_READ_TIMEOUT, timeout);
  set(handle, MYSQL_OPT_WRITE_TIMEOUT, timeout);
  set(handle, MYSQL_OPT_RECONNECT, my_bool{0});
  // A server could ask for any file of this host.
  set(handle, MYSQL_OPT_LOCAL_INFILE, 0U);
  set(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  // Otherwise "localhost" would mean a socket.
  set(handle, MYSQL_OPT_PROTOCOL, static_cast<unsigned>(over_tcp ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET));
  if (!over_tcp || !options.tls) return;
  set(handle, MYSQL_OPT_SSL_ENFORCE, my_bool{1});
  set(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, my_bool{1});
  set(handle, MYSQL_OPT_SSL_CA, options.ca_file.c_str());
}

const char* or_null(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

}  // namespace

Result<Connection> Connection::open(const MysqlOptions& options, const std::string& password) {
  Connection connection(new_handle());
  MYSQL* handle = connection.handle();
  set_options(handle, options);
  if (mysql_real_connect(handle, or_null(options.host), options.user.c_str(), password.c_str(),
                         options.database.c_str(), options.port, or_null(options.socket),
                         CLIENT_FOUND_ROWS) == nullptr) {
    const unsigned code = code_at_connect(mysql_errno(handle), mysql_error(handle));
    return std::unexpected(
        Failure{.detail = describe_code(code, mysql_error(handle)), .fault = fault_at_connect(code)});
  }
  if (auto made = connection.make_settings(options); !made) return std::unexpected(made.error());
  connection.seal_with(options.sealer);
  return connection;
}

Result<> Connection::make_settings(const MysqlOptions& options) {
  const std::string lock_wait = std::to_string(std::max<long>(1, options.timeout.count() / 2));
  const std::string settings =
      "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO',"
      " time_zone = '+00:00', autocommit = 1, wait_timeout = " +
      std::to_string(kSilenceSecondsMax) + ", innodb_lock_wait_timeout = " + lock_wait +
      ", lock_wait_timeout = " + lock_wait;
  if (auto set = run(settings.c_str()); !set) return set;
  // Commits read only after they have locked what they change, and must see what others have committed until then.
  if (auto set = run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"); !set) return set;
  const std::string silence = std::to_string(kSilenceInTransactionSecondsMax);
  if (auto set = run_if_known("SET SESSION idle_transaction_timeout = " + silence); !set) return set;
  // Galera: nothing is read before what other nodes have committed is there.
  return run_if_known("SET SESSION wsrep_sync_wait = 1");
}

Result<> Connection::run(const char* sql) {
  if (mysql_query(handle_.get(), sql) != 0) return std::unexpected(failure());
  // A statement that returns rows has no business here; without this the connection would wait for its rows.
  TSP_ASSERT(mysql_field_count(handle_.get()) == 0);
  note_changes(mysql_affected_rows(handle_.get()));
  return {};
}

Result<> Connection::run_if_known(const std::string& sql) {
  auto done = run(sql.c_str());
  if (!done && error_code() == ER_UNKNOWN_SYSTEM_VARIABLE) return {};
  return done;
}

Result<> Connection::ping() {
  if (mysql_ping(handle_.get()) != 0) return std::unexpected(failure());
  return {};
}

Failure Connection::failure() const {
  const unsigned code = mysql_errno(handle_.get());
  return {.detail = describe_code(code, mysql_error(handle_.get())), .fault = fault_in_use(code)};
}

}  // namespace tsp::linux_::mysql
