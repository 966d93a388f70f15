// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/store_keys.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "adapters/linux/config/make_key.h"

namespace tsp::linux_ {
namespace {

bool is_host(std::string_view host) {
  const auto is_allowed = [](char c) { return c > ' ' && c < 0x7F && c != '/' && c != '[' && c != ']'; };
  const auto colons = std::ranges::count(host, ':');  // none or one of a port; more make an IPv6 address
  return !host.empty() && host.size() <= 253 && colons != 1 && std::ranges::all_of(host, is_allowed);
}

void add_mysql_keys(std::vector<Key>& keys) {
  using enum Change;
  constexpr std::string_view kSection = "store.mysql";
  constexpr std::string_view kNone = "none";
  keys.push_back(make_key(kSection, "host", AtRestart,
                          text("a host name or an address, without a port and without brackets", is_host),
                          TSP_MEMBER(store.mysql.host), "Where the server is: this or `socket` must be set.", kNone));
  keys.push_back(make_key(kSection, "port", AtRestart, number<std::uint16_t>(1, 65535), TSP_MEMBER(store.mysql.port),
                          "Its TCP port."));
  keys.push_back(make_key(kSection, "socket", AtRestart, text("an absolute path of at most 107 bytes", is_socket_path),
                          TSP_MEMBER(store.mysql.socket),
                          "The Unix socket of a server on this host, in place of `host`.", kNone));
  keys.push_back(make_key(kSection, "database", AtRestart, plain_name(), TSP_MEMBER(store.mysql.database),
                          "The database. It must be there, and empty or one of `tspd`."));
  keys.push_back(make_key(kSection, "user", AtRestart, plain_name(), TSP_MEMBER(store.mysql.user),
                          "Who logs in, with all rights to the database."));
  keys.push_back(make_key(kSection, "password_file", AtRestart, text("an absolute path", is_path),
                          TSP_MEMBER(store.mysql.password_file),
                          "The file whose first line is the password; nobody but its owner, the user that `tspd` runs "
                          "as, may read it. It is read at each log-in.",
                          "none: the server asks for no password"));
  keys.push_back(make_key(kSection, "tls", AtRestart, boolean(), TSP_MEMBER(store.mysql.tls),
                          "With `host`: encrypt the connection, and check that the server's certificate is made out to "
                          "`host`."));
  keys.push_back(make_key(kSection, "ca_file", AtRestart, text("an absolute path", is_path),
                          TSP_MEMBER(store.mysql.ca_file),
                          "The authorities that may have signed the certificate, PEM."));
  keys.push_back(make_key(kSection, "timeout_seconds", AtRestart, number<std::uint32_t>(1, 60),
                          TSP_MEMBER(store.mysql.timeout_seconds),
                          "How long an answer of the server is waited for before it is taken to be away."));
}

// Such a server is mostly chosen because several brokers use it.
constexpr Duration kTakeoverCheckWithMysql = std::chrono::seconds(2);

bool is_this_host(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

void add_store_keys(std::vector<Key>& keys) {
  using enum Change;
  keys.push_back(
      make_key("store", "type", AtRestart,
               choice<StoreType>({{"sqlite", StoreType::Sqlite}, {"mysql", StoreType::Mysql}}), TSP_MEMBER(store.type),
               "Where accounts, leases and tunnels are kept: in a file of this host, or in a MariaDB or MySQL "
               "server, which several brokers can share."));
  keys.push_back(make_key("store", "path", AtRestart, text("an absolute path", is_path), TSP_MEMBER(store.path),
                          "The SQLite database of accounts, leases and tunnels. It is made if it does not exist. Its "
                          "content is as secret as the passwords."));
  keys.push_back(
      make_key("store", "key_file", AtRestart, derived(text("an absolute path", is_path)), TSP_MEMBER(store.key_file),
               "The keys that the accounts' secrets in the database are sealed with; nobody but its owner may "
               "read it. A copy of the database is of no use without a copy of it. `tspd` makes it for a new "
               "SQLite database; see [secrets.md](secrets.md).",
               "`store.path` with `.keys` behind it; with `type = \"mysql\"` `/var/lib/tspd/tspd.keys`"));
  keys.push_back(make_key("store", "takeover_check_seconds", AtReload, derived(seconds(0, 3600)),
                          TSP_MEMBER(store.takeover_check_interval),
                          "Several brokers on one store: how often this one tells there of itself, and asks for the "
                          "others and whether they have taken accounts over, whose tunnels here then end. 0: no other "
                          "broker uses the store.",
                          "2 if `store.type` is \"mysql\", else 0"));
  keys.push_back(make_key(
      "store", "busy_timeout_ms", AtRestart, number<std::uint32_t>(0, 60'000), TSP_MEMBER(store.busy_timeout_ms),
      "How long the lock of another program on the SQLite database is waited for, in milliseconds."));
  keys.push_back(make_key("store", "commit_delay_ms", AtRestart, number<std::uint32_t>(0, 60'000),
                          TSP_MEMBER(store.commit_delay_ms),
                          "Milliseconds added to each commit, to imitate a slow disk in tests and benchmarks."));
  keys.push_back(make_key("store", "history_days", AtRestart, number<std::uint32_t>(0, 36'500),
                          TSP_MEMBER(store.history_days),
                          "How long it is remembered which account had which addresses from where, after the tunnel "
                          "has ended; 0: for ever. All brokers on one store should say the same."));
  keys.push_back(make_key("store", "audit_days", AtRestart, number<std::uint32_t>(0, 36'500),
                          TSP_MEMBER(store.audit_days),
                          "How long it is remembered what operators and users changed; 0: for ever. All brokers on one "
                          "store should say the same."));
  add_mysql_keys(keys);
}

std::string key_file_of(const DaemonConfig& config) {
  if (config.store.key_file) return *config.store.key_file;
  return config.store.type == StoreType::Sqlite ? config.store.path + ".keys" : "/var/lib/tspd/tspd.keys";
}

void settle_store(DaemonConfig& config, std::vector<ConfigFault>& faults) {
  const Duration usual = config.store.type == StoreType::Mysql ? kTakeoverCheckWithMysql : Duration{};
  config.broker.takeover_check_interval = config.store.takeover_check_interval.value_or(usual);
  if (config.store.type != StoreType::Mysql) return;
  const MysqlSettings& mysql = config.store.mysql;
  if (mysql.host.empty() && mysql.socket.empty()) {
    faults.push_back({"store.mysql.host", "must be set, or store.mysql.socket: store.type is \"mysql\""});
  }
  if (!mysql.host.empty() && !mysql.socket.empty()) {
    faults.push_back({"store.mysql.socket", "expected either this or store.mysql.host: there is one server"});
  }
  if (config.broker.realm.empty()) {
    faults.push_back(
        {"server.realm", "must be set: store.type is \"mysql\", and all brokers on one database need the same realm"});
  }
}

std::vector<std::string> store_warnings(const DaemonConfig& config) {
  const MysqlSettings& mysql = config.store.mysql;
  const bool named = !mysql.host.empty() || !mysql.socket.empty();
  if (config.store.type != StoreType::Mysql) {
    if (named) return {"store.mysql: is not used, because store.type is \"sqlite\""};
    return {};
  }
  if (!mysql.host.empty() && !mysql.tls && !is_this_host(mysql.host)) {
    return {"store.mysql.tls: without it everything that the accounts' passwords protect crosses the network readably"};
  }
  return {};
}

}  // namespace tsp::linux_
