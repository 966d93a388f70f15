// SPDX-License-Identifier: Apache-2.0
//
// What the audit log says of each request.
#pragma once

#include <optional>
#include <string>

#include <tsp/broker.h>

namespace tsp::broker {

struct AuditWords {
  std::string action;     // "account.add"
  std::string subject{};  // which
  std::string detail{};   // what of it, never a secret
};

// None: it changes nothing, or is no operator's.
[[nodiscard]] std::optional<AuditWords> audit_words(const AdminCommand& command);
// "password set, enabled"
[[nodiscard]] std::string names_of_changes(const ChangeAccountRequest& command);

}  // namespace tsp::broker
