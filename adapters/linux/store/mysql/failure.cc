// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/failure.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include <charconv>

namespace tsp::linux_::mysql {
namespace {

// Known to one of the two servers only, or to newer ones.
constexpr unsigned kReadOnlyMode = 1836;              // MySQL: ER_READ_ONLY_MODE
constexpr unsigned kSnapshotIsOld = 1020;             // ER_CHECKREAD
constexpr unsigned kClientInteractionTimeout = 4031;  // MySQL: its wait_timeout

bool is_read_only(unsigned code) {
  return code == ER_OPTION_PREVENTS_STATEMENT || code == kReadOnlyMode;
}
bool is_conflict(unsigned code) {
  // The last one is said of a savepoint, too: another Galera node was quicker, and the transaction is gone with it.
  return code == ER_LOCK_WAIT_TIMEOUT || code == ER_LOCK_DEADLOCK || code == kSnapshotIsOld ||
         code == ER_SP_DOES_NOT_EXIST;
}

bool is_of_client_library(unsigned code) {
  constexpr unsigned kMariadbFirst = 5000;
  constexpr unsigned kMariadbLast = 5999;
  return (code >= CR_MIN_ERROR && code <= CR_MYSQL_LAST_ERROR) || (code >= kMariadbFirst && code <= kMariadbLast);
}

const char* cause_at_connect(unsigned code) {
  switch (code) {
    case CR_CONNECTION_ERROR:
    case CR_CONN_HOST_ERROR:
      return "the server cannot be reached";
    case CR_UNKNOWN_HOST:
      return "the address of store.mysql.host is not found";
    case CR_SSL_CONNECTION_ERROR:
      return "the encrypted connection cannot be made; see store.mysql.tls and store.mysql.ca_file";
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
      return "the client library lacks the plugin by which this user logs in";
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
      return "the log-in is refused; see store.mysql.user and store.mysql.password_file";
    case ER_HOST_NOT_PRIVILEGED:
      return "the server lets nobody in from this host: it needs a user for this address, as of CREATE USER";
    case ER_HOST_IS_BLOCKED:
      return "the server has blocked this host after failed connections: mariadb-admin flush-hosts lets it in again";
    case ER_DBACCESS_DENIED_ERROR:
      return "the user has no right to the database; see store.mysql.database";
    case ER_BAD_DB_ERROR:
      return "there is no such database; see store.mysql.database";
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
      return "the server has too many connections";
    default:
      return nullptr;
  }
}

const char* cause_in_use(unsigned code) {
  if (is_read_only(code)) return "the server is read-only";
  if (is_conflict(code)) return "another transaction was in the way";
  switch (code) {
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case kClientInteractionTimeout:
      return "the connection to the server was lost";
    case ER_RECORD_FILE_FULL:
    case ER_DISK_FULL:
      return "the server's disk is full";
    case ER_UNKNOWN_COM_ERROR:
      return "the server takes no commands now";  // a Galera node outside of the cluster
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return "the user lacks a right to the database";
    default:
      return "the server reports an error";
  }
}

}  // namespace

std::string describe_code(unsigned code, const char* message) {
  const char* cause = cause_at_connect(code);
  if (cause == nullptr) cause = cause_in_use(code);
  return std::string(cause) + " (MySQL " + std::to_string(code) + ": " + message + ")";
}

Fault fault_in_use(unsigned code) {
  if (is_conflict(code)) return Fault::Conflict;
  // A server that has become read-only: another may have its address by now.
  if (is_of_client_library(code) || is_read_only(code)) return Fault::Connection;
  switch (code) {
    case ER_SERVER_SHUTDOWN:
    case ER_CONNECTION_KILLED:
    case ER_NEW_ABORTING_CONNECTION:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_NET_WRITE_INTERRUPTED:
    case ER_UNKNOWN_COM_ERROR:
    case kClientInteractionTimeout:
      return Fault::Connection;
    case ER_DBACCESS_DENIED_ERROR:
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
      return Fault::Setup;
    default:
      return Fault::Other;
  }
}

Fault fault_at_connect(unsigned code) {
  switch (code) {
    case CR_SSL_CONNECTION_ERROR:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_HOST_IS_BLOCKED:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_BAD_DB_ERROR:
    case ER_NOT_SUPPORTED_AUTH_MODE:
      return Fault::Setup;
    default:
      return Fault::Connection;
  }
}

unsigned code_at_connect(unsigned code, std::string_view message) {
  constexpr std::string_view kBeforeCode = "The authenticity of the following error cannot be verified: ";
  constexpr std::string_view kAfterCode = " - ";
  const auto at = message.find(kBeforeCode);
  if (!is_of_client_library(code) || at == std::string_view::npos) return code;
  const std::string_view rest = message.substr(at + kBeforeCode.size());
  unsigned of_server = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), of_server);
  const bool is_code =
      error == std::errc{} && rest.substr(static_cast<std::size_t>(end - rest.data())).starts_with(kAfterCode);
  return is_code ? of_server : code;
}

bool surely_not_committed(unsigned code) {
  return is_conflict(code) || is_read_only(code);
}

}  // namespace tsp::linux_::mysql
