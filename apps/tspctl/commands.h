// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "apps/tspctl/answers.h"
#include "apps/tspctl/api_client.h"
#include "apps/tspctl/exit_codes.h"
#include "core/client/server_name.h"

namespace tsp::tspctl {

struct AddAccountArguments {
  std::string login;
  std::optional<int> password_fd = std::nullopt;
  std::optional<unsigned> prefix_length_shortest = std::nullopt;
  std::optional<unsigned> prefix_length_longest = std::nullopt;
  std::optional<unsigned> mtu = std::nullopt;
  std::optional<unsigned> home = std::nullopt;
  bool force = false;  // although no such broker is known
  std::optional<std::string> note = std::nullopt;
};

struct ClientConfigArguments {
  std::string login;
  std::string system;                                       // one of linux_::target_system_names()
  std::optional<client::ServerName> server = std::nullopt;  // none: as the live tunnel shows
};

class Commands {
 public:
  Commands(const ApiClient& client, bool json) : client_(client), json_(json) {}

  [[nodiscard]] const ApiClient& client() const { return client_; }
  [[nodiscard]] Output add_account(const AddAccountArguments& arguments) const;
  [[nodiscard]] Output set_password(const std::string& login, std::optional<int> password_fd) const;
  [[nodiscard]] Output set_enabled(const std::string& login, bool enabled) const;
  // None: that of the configuration.
  [[nodiscard]] Output set_mtu(const std::string& login, std::optional<unsigned> mtu) const;
  // None: those of the configuration.
  [[nodiscard]] Output set_prefix_lengths(const std::string& login, std::optional<unsigned> shortest,
                                          std::optional<unsigned> longest) const;
  // None: nothing is noted any more.
  [[nodiscard]] Output set_note(const std::string& login, const std::optional<std::string>& note) const;
  // None: any broker.
  [[nodiscard]] Output set_home(const std::string& login, std::optional<unsigned> home, bool force = false) const;
  [[nodiscard]] Output delete_account(const std::string& login) const;
  // A new update key, which is printed this once.
  [[nodiscard]] Output make_update_key(const std::string& login) const;
  [[nodiscard]] Output remove_update_key(const std::string& login) const;
  [[nodiscard]] Output show_account(const std::string& login) const;
  [[nodiscard]] Output list_accounts() const;
  // `query`: "&login=…", see query_of(); empty: all.
  [[nodiscard]] Output list_tunnels(const std::string& query = {}) const;
  [[nodiscard]] Output show_tunnel(const std::string& id) const;
  [[nodiscard]] Output kick_tunnel(const std::string& id) const;
  [[nodiscard]] Output status() const;
  // What the account's owner pastes into a router or a client.
  [[nodiscard]] Output client_config(const ClientConfigArguments& arguments) const;
  // `deadline`: see parse_duration; empty: none.
  [[nodiscard]] Output drain(const std::string& deadline) const;
  [[nodiscard]] Output undrain() const;
  [[nodiscard]] Output list_brokers() const;
  [[nodiscard]] Output forget_broker(const std::string& id) const;
  [[nodiscard]] Output dns_status() const;
  [[nodiscard]] Output dns_retry() const;
  // A result other than "passed" is a failure with an output.
  [[nodiscard]] Output self_test() const;

 private:
  [[nodiscard]] Output call(const std::string& method, const std::string& path, const nlohmann::json& body,
                            View view) const;
  [[nodiscard]] Output list(const std::string& collection, View view, const std::string& query = {}) const;

  const ApiClient& client_;
  bool json_;
};

}  // namespace tsp::tspctl
