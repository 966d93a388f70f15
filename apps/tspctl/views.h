// SPDX-License-Identifier: Apache-2.0
//
// tspd's answers as text for people.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace tsp::tspctl {

[[nodiscard]] std::string account_table(const nlohmann::json& accounts);
[[nodiscard]] std::string tunnel_table(const nlohmann::json& tunnels);
// Both of an answer with a member "brokers". The note says that there are others, whose tunnels are not shown.
[[nodiscard]] std::string broker_table(const nlohmann::json& answer);
[[nodiscard]] std::string others_note(const nlohmann::json& answer);
// Of an answer of /status: what has to be said under lists that come from the store. Empty: nothing.
[[nodiscard]] std::string away_note(const nlohmann::json& status);
[[nodiscard]] std::string account_text(const nlohmann::json& account);
[[nodiscard]] std::string update_key_text(const nlohmann::json& answer);
[[nodiscard]] std::string tunnel_text(const nlohmann::json& tunnel);
[[nodiscard]] std::string status_text(const nlohmann::json& status);
// Of an answer with a member "drain".
[[nodiscard]] std::string drain_text(const nlohmann::json& answer);
[[nodiscard]] std::string dns_text(const nlohmann::json& status);
[[nodiscard]] std::string token_text(const nlohmann::json& answer);
[[nodiscard]] std::string token_table(const nlohmann::json& tokens);
[[nodiscard]] std::string totp_text(const nlohmann::json& answer);
[[nodiscard]] std::string console_login_table(const nlohmann::json& logins);
[[nodiscard]] std::string audit_table(const nlohmann::json& entries);
[[nodiscard]] std::string history_table(const nlohmann::json& entries);
[[nodiscard]] std::string lease_table(const nlohmann::json& leases);
// What has become of a lease that was released.
[[nodiscard]] std::string released_text(const nlohmann::json& answer);
// Of an answer with a member "pools".
[[nodiscard]] std::string pool_text(const nlohmann::json& answer);
[[nodiscard]] std::string self_test_text(const nlohmann::json& report);

}  // namespace tsp::tspctl
