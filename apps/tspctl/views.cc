// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/views.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "adapters/linux/terminal/escape.h"
#include "apps/tspctl/table.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

constexpr const char* kNothing = "-";
constexpr std::uint64_t kMost = (1ULL << 53) - 1;  // as which larger numbers of addresses are told

// A value for a cell; what is text may have been chosen by strangers.
std::string show(const json& value) {
  if (value.is_null()) return kNothing;
  if (value.is_string()) return linux_::escape_text(value.get<std::string>());
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_array()) return value.dump();
  std::string out;
  for (const json& item : value) out += (out.empty() ? "" : " ") + show(item);
  return out.empty() ? kNothing : out;
}

std::string field(const json& object, const char* name) {
  return object.is_object() ? show(object.value(name, json())) : kNothing;
}

std::uint64_t number(const json& object, const char* name) {
  const json value = object.is_object() ? object.value(name, json()) : json();
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::string login_or_anonymous(const json& tunnel) {
  return tunnel.value("login", json()).is_null() ? "(anonymous)" : field(tunnel, "login");
}

std::string prefix_lengths(const json& account) {
  if (account.value("prefix_length_shortest", json()).is_null()) return "as configured";
  return "/" + field(account, "prefix_length_shortest") + " to /" + field(account, "prefix_length_longest");
}

std::string mtu(const json& account) {
  return account.value("mtu", json()).is_null() ? "as configured" : field(account, "mtu");
}

// A text that may be empty.
std::string or_nothing(const json& object, const char* name) {
  const std::string text = field(object, name);
  return text.empty() ? kNothing : text;
}

std::string dns_state(const json& dns) {
  if (!dns.is_object()) return kNothing;
  std::string text = field(dns, "state");
  if (!dns.value("since", json()).is_null()) text += ", last done " + field(dns, "since");
  const std::string error = or_nothing(dns, "error");
  return error == kNothing ? text : text + ": " + error;
}

// The members that are not 0, or all of them if `with_zeros`.
void append_counts(const json& counts, bool with_zeros, std::vector<Row>& rows) {
  for (const auto& [name, count] : counts.items()) {
    if (count.is_number() && (with_zeros || count != 0)) rows.push_back({"  " + name, count.dump()});
  }
}

std::string drain_state(const json& drain) {
  const std::uint64_t tunnels = number(drain, "tunnels_left");
  const std::string left = std::to_string(tunnels) + (tunnels == 1 ? " tunnel" : " tunnels") + " left, ";
  if (drain.value("seconds_left", json()).is_null()) return left + "no deadline";
  return left + "stops in " + human_seconds(number(drain, "seconds_left")) + " at the latest";
}

std::string store_text(const json& store) {
  const std::string type = or_nothing(store, "type");
  const std::string kind = type == kNothing ? "" : type + ", ";
  if (store.value("available", false)) return kind + "available";
  return kind + "NOT AVAILABLE: " + field(store, "detail");
}

// The configured list.
std::string redirect_text(const json& brokers) {
  if (brokers.empty()) return "the brokers on the store, if there are some";
  std::string text;
  for (const json& broker : brokers) {
    text += (text.empty() ? "" : ", ") + field(broker, "address") + " (weight " + field(broker, "weight");
    if (!broker.value("broker_id", json()).is_null()) text += ", broker " + field(broker, "broker_id");
    if (or_nothing(broker, "region") != kNothing) text += ", region " + field(broker, "region");
    if (!broker.value("capacity", json()).is_null()) text += ", capacity " + field(broker, "capacity");
    text += ")";
  }
  return text;
}

// "up", "draining", or since when nothing was heard of it.
std::string broker_state(const json& broker) {
  if (broker.value("own", false)) return field(broker, "state") + " (this one)";
  if (broker.value("heard", false) || broker.value("state", "") == "stopped") return field(broker, "state");
  return "silent for " + human_seconds(number(broker, "silent_seconds"));
}

// Here it has a number, at another broker only a place.
std::string tunnel_place(const json& account) {
  const bool elsewhere = account.value("tunnel", json()).is_null() && !account.value("tunnel_broker", json()).is_null();
  return elsewhere ? "at broker " + field(account, "tunnel_broker") : field(account, "tunnel");
}

std::string addresses_left(const json& pool, const char* name) {
  const std::uint64_t count = number(pool, name);
  const bool is_most = count >= kMost;
  return (is_most ? "more than " : "") + std::to_string(is_most ? kMost - 1 : count) + " addresses left";
}

// Which one, and why it is that one.
std::string datapath_text(const json& datapath) {
  const std::string reason = or_nothing(datapath, "reason");
  return field(datapath, "type") + (reason == kNothing ? "" : " (" + reason + ")");
}

}  // namespace

std::string account_table(const json& accounts) {
  std::vector<Row> rows = {{"LOGIN", "ENABLED", "ADDRESS", "PREFIXES", "TUNNEL"}};
  for (const json& account : accounts) {
    rows.push_back({field(account, "login"), field(account, "enabled"), field(account, "address"),
                    field(account, "prefixes"), field(account, "tunnel")});
  }
  return render_table(rows);
}

std::string tunnel_table(const json& tunnels) {
  std::vector<Row> rows = {{"ID", "LOGIN", "TYPE", "REMOTE", "INNER", "DELEGATED", "IDLE", "UP", "DOWN"}};
  for (const json& tunnel : tunnels) {
    const json usage = tunnel.value("usage", json());
    const auto known = [&usage](const std::string& text) { return usage.is_object() ? text : kNothing; };
    rows.push_back({field(tunnel, "id"), login_or_anonymous(tunnel), field(tunnel, "type"), field(tunnel, "remote"),
                    field(tunnel, "inner"), field(tunnel, "delegated"),
                    known(human_seconds(number(usage, "idle_seconds"))), known(human_bytes(number(usage, "bytes_up"))),
                    known(human_bytes(number(usage, "bytes_down")))});
  }
  return render_table(rows);
}

std::string account_text(const json& account) {
  return render_table({{"login", field(account, "login")},
                       {"enabled", field(account, "enabled")},
                       {"created", field(account, "created")},
                       {"address", field(account, "address")},
                       {"prefixes", field(account, "prefixes")},
                       {"ipv4 address", field(account, "ipv4_address")},
                       {"ipv4 prefixes", field(account, "ipv4_prefixes")},
                       {"prefix lengths", prefix_lengths(account)},
                       {"mtu", mtu(account)},
                       {"home", account.value("home", json()).is_null() ? "any broker" : field(account, "home")},
                       {"note", field(account, "note")},
                       {"name", field(account, "host_name")},
                       {"name servers", field(account, "name_servers")},
                       {"dns", dns_state(account.value("dns", json()))},
                       {"update key", account.value("has_update_key", false) ? "yes" : "no"},
                       {"tunnel", tunnel_place(account)}});
}

std::string broker_table(const json& answer) {
  std::vector<Row> rows = {{"ID", "STATE", "TUNNELS", "CAPACITY", "REGION", "WEIGHT", "ADDRESSES", "POOLS", "HEARD"}};
  for (const json& broker : answer.value("brokers", json::array())) {
    rows.push_back({field(broker, "id"), broker_state(broker), field(broker, "tunnels"), field(broker, "capacity"),
                    or_nothing(broker, "region"), field(broker, "weight"), field(broker, "addresses"),
                    field(broker, "pools"), field(broker, "heard_at")});
  }
  return render_table(rows);
}

std::string others_note(const json& answer) {
  std::string others;
  for (const json& broker : answer.value("brokers", json::array())) {
    if (!broker.value("own", false)) others += (others.empty() ? "" : ", ") + field(broker, "id");
  }
  return others.empty() ? "" : "only the tunnels of this broker; on the same store there are also: " + others + '\n';
}

std::string away_note(const json& status) {
  const bool available = status.value("store", json::object()).value("available", true);
  return available ? "" : "the database is away: the others are as they were when it was read last\n";
}

std::string update_key_text(const json& answer) {
  return field(answer, "update_key") + '\n';
}

std::string tunnel_text(const json& tunnel) {
  const json usage = tunnel.value("usage", json());
  std::vector<Row> rows = {{"id", field(tunnel, "id")},
                           {"login", login_or_anonymous(tunnel)},
                           {"type", field(tunnel, "type")},
                           {"remote", field(tunnel, "remote")},
                           {"local", field(tunnel, "local")},
                           {"inner", field(tunnel, "inner")},
                           {"delegated", field(tunnel, "delegated")},
                           {"server address", field(tunnel, "server_address")},
                           {"mtu", field(tunnel, "mtu")},
                           {"keepalive", field(tunnel, "keepalive_seconds") + " s"},
                           {"confirmed", field(tunnel, "confirmed")},
                           {"created", field(tunnel, "created")}};
  if (usage.is_object()) {
    rows.push_back({"idle", human_seconds(number(usage, "idle_seconds"))});
    rows.push_back({"up", field(usage, "packets_up") + " packets, " + human_bytes(number(usage, "bytes_up"))});
    rows.push_back({"down", field(usage, "packets_down") + " packets, " + human_bytes(number(usage, "bytes_down"))});
  }
  return render_table(rows);
}

std::string status_text(const json& status) {
  const json datapath = status.value("datapath", json::object());
  const json drain = status.value("drain", json());
  std::vector<Row> rows = {{"version", field(status, "version")},
                           {"broker", field(status, "broker_id")},
                           {"running for", human_seconds(number(status, "uptime_seconds"))},
                           {"serving", status.value("ready", false) ? "yes" : "not yet"},
                           {"draining", drain.is_object() ? drain_state(drain) : "no"},
                           {"store", store_text(status.value("store", json::object()))},
                           {"realm", field(status, "realm")},
                           {"datapath", datapath_text(datapath)},
                           {"other pools", field(status, "other_pools")},
                           {"redirects to", redirect_text(status.value("redirect", json::array()))},
                           {"leases", field(status, "claims") + ", " + field(status, "quarantined") + " in quarantine"},
                           {"counted by the broker", ""}};
  append_counts(status.value("counters", json::object()), true, rows);
  rows.push_back({"counted by the datapath", ""});
  append_counts(datapath, true, rows);
  std::vector<Row> drops;
  append_counts(datapath.value("drops", json::object()), false, drops);
  rows.push_back({"dropped packets", drops.empty() ? "none" : ""});
  rows.insert(rows.end(), drops.begin(), drops.end());
  std::string out = render_table(rows);
  for (const json& line : status.value("pool", json::array())) out += show(line) + '\n';
  return out;
}

std::string drain_text(const json& answer) {
  const json drain = answer.value("drain", json());
  return drain.is_object() ? "draining: " + drain_state(drain) + '\n' : "not draining: clients are served\n";
}

std::string dns_text(const json& status) {
  return render_table({{"records at", field(status, "place")},
                       {"zones", field(status, "zones")},
                       {"accounts done", field(status, "done")},
                       {"pending", field(status, "pending")},
                       {"refused", field(status, "refused")},
                       {"error", or_nothing(status, "error")}});
}

std::string token_text(const json& answer) {
  return field(answer, "token") + '\n';
}

std::string token_table(const json& tokens) {
  std::vector<Row> rows = {{"ID", "NAME", "ROLE", "LOGIN", "SCOPES", "EXPIRES"}};
  for (const json& token : tokens) {
    rows.push_back({field(token, "id"), field(token, "name"), field(token, "role"), field(token, "login"),
                    field(token, "scopes"), field(token, "expires_at")});
  }
  return render_table(rows);
}

std::string totp_text(const json& answer) {
  return render_table({{"secret", field(answer, "secret")}, {"uri", field(answer, "uri")}});
}

std::string console_login_table(const json& logins) {
  std::vector<Row> rows = {{"LOGIN", "ROLE", "CHANGED", "CODE"}};
  for (const json& login : logins) {
    rows.push_back(
        {field(login, "login"), field(login, "role"), field(login, "changed_at"), field(login, "needs_code")});
  }
  return render_table(rows);
}

std::string audit_table(const json& entries) {
  std::vector<Row> rows = {{"AT", "WHO", "FROM", "WHAT", "WHICH", "DETAIL", "RESULT"}};
  for (const json& entry : entries) {
    rows.push_back({field(entry, "at"), field(entry, "actor"), field(entry, "source"), field(entry, "action"),
                    or_nothing(entry, "subject"), or_nothing(entry, "detail"), field(entry, "result")});
  }
  return render_table(rows);
}

std::string history_table(const json& entries) {
  std::vector<Row> rows = {{"FROM", "TO", "LOGIN", "INNER", "DELEGATED", "REMOTE", "BROKER", "TUNNEL", "ENDED BY"}};
  for (const json& entry : entries) {
    rows.push_back({field(entry, "created"), field(entry, "ended"), login_or_anonymous(entry), field(entry, "inner"),
                    field(entry, "delegated"), field(entry, "remote"), field(entry, "broker_id"), field(entry, "id"),
                    field(entry, "reason")});
  }
  return render_table(rows);
}

std::string lease_table(const json& leases) {
  std::vector<Row> rows = {{"PREFIX", "LOGIN", "STATE", "UNTIL", "BROKER"}};
  for (const json& lease : leases) {
    rows.push_back({field(lease, "prefix"), field(lease, "login"), field(lease, "state"), field(lease, "until"),
                    field(lease, "broker_id")});
  }
  return render_table(rows);
}

std::string released_text(const json& answer) {
  const json lease = answer.value("lease", json());
  if (!lease.is_object()) return "it is free\n";
  return "in quarantine until " + field(lease, "until") + "; released once more it is free at once\n";
}

std::string pool_text(const json& answer) {
  std::vector<Row> rows;
  for (const json& pool : answer.value("pools", json::array())) {
    rows.push_back({"pool", field(pool, "prefix")});
    rows.push_back({"server address", field(pool, "server_address")});
    rows.push_back({"accounts", field(pool, "hosts") + ", " + addresses_left(pool, "hosts_available")});
    rows.push_back({"anonymous", field(pool, "anonymous") + ", " + addresses_left(pool, "anonymous_available")});
    rows.push_back({"prefixes from", field(pool, "delegations")});
    rows.push_back({"leases", field(pool, "claims") + ", " + field(pool, "quarantined") + " in quarantine"});
    for (const json& prefix : pool.value("prefixes", json::array())) {
      const bool has_some = !prefix.value("next", json()).is_null();
      rows.push_back({"/" + field(prefix, "length"),
                      field(prefix, "available") + " left" + (has_some ? ", next " + field(prefix, "next") : "")});
    }
  }
  return render_table(rows);
}

std::string self_test_text(const json& report) {
  std::vector<Row> rows = {{"CHECK", "TARGET", "RESULT", "DETAIL"}};
  for (const json& check : report.value("checks", json::array())) {
    rows.push_back({field(check, "check"), field(check, "target"), field(check, "result"), field(check, "detail")});
  }
  return render_table(rows);
}

}  // namespace tsp::tspctl
