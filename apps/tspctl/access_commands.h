// SPDX-License-Identifier: Apache-2.0
//
// Commands about who may use the API, and what was done with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/tspctl/answers.h"
#include "apps/tspctl/api_client.h"

namespace tsp::tspctl {

struct CreateTokenArguments {
  std::string name;
  std::string role;
  std::string account{};  // a login
  std::vector<std::string> scopes{};
  std::string expires{};  // see parse_duration; empty: never
};

class AccessCommands {
 public:
  static constexpr std::uint32_t kEntriesShown = 50;

  AccessCommands(const ApiClient& client, bool json) : client_(client), json_(json) {}

  // The token, which is printed this once.
  [[nodiscard]] Output create_token(const CreateTokenArguments& arguments) const;
  [[nodiscard]] Output list_tokens() const;
  // By its id, or by its name if only one has it.
  [[nodiscard]] Output revoke_token(const std::string& token) const;

  // `role`: empty is user.
  [[nodiscard]] Output set_console_login(const std::string& login, const std::string& role,
                                         std::optional<int> password_fd) const;
  [[nodiscard]] Output remove_console_login(const std::string& login) const;
  [[nodiscard]] Output list_console_logins() const;
  // A second factor: its secret, which is printed this once; then it counts; then it is gone.
  [[nodiscard]] Output begin_totp(const std::string& login) const;
  [[nodiscard]] Output confirm_totp(const std::string& login, const std::string& code) const;
  [[nodiscard]] Output remove_totp(const std::string& login) const;

  // The latest entries, the newest last.
  [[nodiscard]] Output audit(std::uint32_t entries) const;

 private:
  [[nodiscard]] std::expected<nlohmann::json, Failure> all_tokens() const;

  const ApiClient& client_;
  bool json_;
};

}  // namespace tsp::tspctl
