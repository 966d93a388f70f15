// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "apps/tspctl/answers.h"
#include "apps/tspctl/api_client.h"

namespace tsp::tspctl {

struct LookupArguments {
  std::string address{};  // or a prefix; empty: any
  std::string remote{};   // likewise, outside of the tunnel
  std::optional<std::string> login{};
  std::string at{};  // a time; empty: any
  std::uint32_t entries = 50;
};

// "&address=…&login=…"
[[nodiscard]] std::string query_of(const LookupArguments& arguments);

// Who has which address and prefix, who had it, and what is left.
class LookupCommands {
 public:
  LookupCommands(const ApiClient& client, bool as_json) : client_(client), json_(as_json) {}

  // The latest entries, the newest first.
  [[nodiscard]] Output history(const LookupArguments& arguments) const;
  [[nodiscard]] Output leases(const LookupArguments& arguments) const;
  // Gives the account this address or prefix.
  [[nodiscard]] Output reserve(const std::string& login, const std::string& prefix) const;
  // Takes it away; of what is in quarantine, ends that.
  [[nodiscard]] Output release(const std::string& prefix) const;
  [[nodiscard]] Output pools() const;

 private:
  const ApiClient& client_;
  bool json_;
};

}  // namespace tsp::tspctl
