// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/commands.h"

#include <utility>

#include "adapters/linux/control/url.h"
#include "apps/tspctl/duration.h"
#include "apps/tspctl/new_password.h"
#include "apps/tspctl/views.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

std::string account_path(const std::string& login) {
  return "accounts/" + linux_::percent_encode(login);
}
std::string tunnel_path(const std::string& id) {
  return "tunnels/" + linux_::percent_encode(id);
}

std::string update_key_path(const std::string& login) {
  return "update-keys/" + linux_::percent_encode(login);
}

}  // namespace

Output Commands::add_account(const AddAccountArguments& arguments) const {
  auto password = new_password(arguments.password_fd);
  if (!password) return std::unexpected(std::move(password.error()));
  json body = {{"login", arguments.login}, {"password", std::move(*password)}};
  if (arguments.prefix_length_shortest) body["prefix_length_shortest"] = *arguments.prefix_length_shortest;
  if (arguments.prefix_length_longest) body["prefix_length_longest"] = *arguments.prefix_length_longest;
  if (arguments.mtu) body["mtu"] = *arguments.mtu;
  if (arguments.home) body["home"] = *arguments.home;
  if (arguments.force) body["force"] = true;
  if (arguments.note) body["note"] = *arguments.note;
  return call("POST", "accounts", body, nothing);
}

Output Commands::set_password(const std::string& login, std::optional<int> password_fd) const {
  auto password = new_password(password_fd);
  if (!password) return std::unexpected(std::move(password.error()));
  return call("PATCH", account_path(login), {{"password", std::move(*password)}}, nothing);
}

Output Commands::set_enabled(const std::string& login, bool enabled) const {
  return call("PATCH", account_path(login), {{"enabled", enabled}}, nothing);
}

Output Commands::set_mtu(const std::string& login, std::optional<unsigned> mtu) const {
  return call("PATCH", account_path(login), {{"mtu", mtu ? json(*mtu) : json()}}, nothing);
}

Output Commands::set_prefix_lengths(const std::string& login, std::optional<unsigned> shortest,
                                    std::optional<unsigned> longest) const {
  const json body = {{"prefix_length_shortest", shortest ? json(*shortest) : json()},
                     {"prefix_length_longest", longest ? json(*longest) : json()}};
  return call("PATCH", account_path(login), body, nothing);
}

Output Commands::set_note(const std::string& login, const std::optional<std::string>& note) const {
  return call("PATCH", account_path(login), {{"note", note ? json(*note) : json()}}, nothing);
}

Output Commands::set_home(const std::string& login, std::optional<unsigned> home, bool force) const {
  json body = {{"home", home ? json(*home) : json()}};
  if (force) body["force"] = true;
  return call("PATCH", account_path(login), body, nothing);
}

Output Commands::delete_account(const std::string& login) const {
  return call("DELETE", account_path(login), nullptr, nothing);
}

Output Commands::make_update_key(const std::string& login) const {
  return call("POST", update_key_path(login), nullptr, update_key_text);
}

Output Commands::remove_update_key(const std::string& login) const {
  return call("DELETE", update_key_path(login), nullptr, nothing);
}

Output Commands::show_account(const std::string& login) const {
  return call("GET", account_path(login), nullptr, account_text);
}

Output Commands::list_accounts() const {
  return list("accounts", account_table);
}

Output Commands::list_tunnels(const std::string& query) const {
  auto tunnels = list("tunnels", tunnel_table, query);
  if (!tunnels || json_) return tunnels;
  const auto brokers = client_.call("GET", "brokers");
  return brokers ? *tunnels + others_note(*brokers) : tunnels;
}

Output Commands::list_brokers() const {
  auto brokers = call("GET", "brokers", nullptr, broker_table);
  if (!brokers || json_) return brokers;
  const auto status = client_.call("GET", "status");
  return status ? *brokers + away_note(*status) : brokers;
}

Output Commands::forget_broker(const std::string& id) const {
  return call("DELETE", "brokers/" + linux_::percent_encode(id), nullptr, nothing);
}

Output Commands::show_tunnel(const std::string& id) const {
  return call("GET", tunnel_path(id), nullptr, tunnel_text);
}

Output Commands::kick_tunnel(const std::string& id) const {
  return call("DELETE", tunnel_path(id), nullptr, nothing);
}

Output Commands::status() const {
  return call("GET", "status", nullptr, status_text);
}

Output Commands::drain(const std::string& deadline) const {
  json body;
  if (!deadline.empty()) {
    const auto seconds = parse_duration(deadline);
    if (!seconds)
      return std::unexpected(Failure{ExitCode::Invalid, "--deadline: expected " + std::string(kDurationForm)});
    body = {{"deadline_seconds", *seconds}};
  }
  return call("POST", "drain", body, drain_text);
}

Output Commands::undrain() const {
  return call("DELETE", "drain", nullptr, drain_text);
}

Output Commands::dns_status() const {
  return call("GET", "dns", nullptr, dns_text);
}

Output Commands::dns_retry() const {
  return call("POST", "dns-retry", nullptr, nothing);
}

Output Commands::self_test() const {
  auto answer = client_.call("POST", "self-test", nullptr);
  if (!answer) return std::unexpected(std::move(answer.error()));
  std::string output = json_ ? answer->dump(2) + '\n' : self_test_text(*answer);
  const std::string result = answer->value("result", "unknown");
  if (result == "passed") return output;
  if (result == "blocked") {
    return std::unexpected(Failure{ExitCode::Blocked, "something is blocked", std::move(output)});
  }
  return std::unexpected(Failure{ExitCode::Undecided, "not everything could be told", std::move(output)});
}

Output Commands::client_config(const ClientConfigArguments& arguments) const {
  std::string path = "client-configs/" + linux_::percent_encode(arguments.login);
  if (arguments.server) path += "?server=" + linux_::percent_encode(client::to_text(*arguments.server));
  const auto answer = client_.call("GET", path);
  if (!answer) return std::unexpected(answer.error());
  for (const json& config : answer->value("client_configs", json::array())) {
    if (config.value("system", "") != arguments.system) continue;
    if (config["text"].is_string()) {
      return json_ ? json{{"client_config", config["text"]}}.dump(2) + '\n' : config["text"].get<std::string>();
    }
    const bool needs_tunnel = config.value("lacks", "") == "tunnel";
    return std::unexpected(
        Failure{needs_tunnel ? ExitCode::Unavailable : ExitCode::Invalid, config.value("reason", "")});
  }
  return std::unexpected(Failure{ExitCode::Unavailable, "tspd makes nothing for " + arguments.system});
}

Output Commands::call(const std::string& method, const std::string& path, const json& body, View view) const {
  return show(client_.call(method, path, body), json_, view);
}

Output Commands::list(const std::string& collection, View view, const std::string& query) const {
  return show_items(all_of(client_, collection, SIZE_MAX, query), collection, json_, view);
}

}  // namespace tsp::tspctl
