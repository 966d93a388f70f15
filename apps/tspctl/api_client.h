// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "apps/tspctl/exit_codes.h"

namespace tsp::tspctl {

// Speaks to tspd over its control socket.
class ApiClient {
 public:
  explicit ApiClient(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  // `path` follows /api/v1/ and is encoded already. `body` may be null.
  [[nodiscard]] std::expected<nlohmann::json, Failure> call(const std::string& method, const std::string& path,
                                                            const nlohmann::json& body = nullptr) const;
  // An answer that is written as it comes: what there is of it is given to `take`, which may end it by returning false.
  // Returns why it has ended.
  [[nodiscard]] Failure follow(const std::string& path, const std::function<bool(std::string_view)>& take) const;

 private:
  std::string socket_path_;
};

}  // namespace tsp::tspctl
