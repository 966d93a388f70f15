// SPDX-License-Identifier: Apache-2.0
#include "core/broker/audit_words.h"

#include <string_view>
#include <utility>

#include "core/auth/api_token.h"
#include "core/base/seconds.h"

namespace tsp::broker {
namespace {

using Words = std::optional<AuditWords>;

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

struct Describe {
  Words operator()(const AddAccountRequest& command) const { return AuditWords{"account.add", command.login}; }
  Words operator()(const ChangeAccountRequest& command) const {
    std::string names = names_of_changes(command);
    if (names.empty()) return std::nullopt;
    return AuditWords{"account.change", command.login, std::move(names)};
  }
  Words operator()(const DeleteAccountRequest& command) const { return AuditWords{"account.delete", command.login}; }
  Words operator()(const SetUpdateKeyRequest& command) const {
    return AuditWords{command.remove ? "update_key.remove" : "update_key.make", command.login};
  }
  Words operator()(const KickTunnelRequest& command) const {
    return AuditWords{"tunnel.kick", number(command.id.value)};
  }
  Words operator()(const DrainRequest& command) const {
    return AuditWords{"drain.begin", "", command.deadline ? "deadline in " + in_seconds(*command.deadline) : ""};
  }
  Words operator()(const UndrainRequest& /*command*/) const { return AuditWords{"drain.cancel"}; }
  Words operator()(const ForgetBrokerRequest& command) const {
    return AuditWords{"broker.forget", number(command.id.value)};
  }
  Words operator()(const CreateTokenRequest& command) const {
    std::string detail = auth::name_of(command.role);
    if (!command.login.empty()) detail += " of " + command.login;
    for (const std::string& scope : command.scopes) detail += ", " + scope;
    return AuditWords{"token.create", command.name, std::move(detail)};
  }
  Words operator()(const RevokeTokenRequest& command) const {
    return AuditWords{"token.revoke", number(command.id.value)};
  }
  Words operator()(const SetConsoleLoginRequest& command) const {
    return AuditWords{"console_login.set", command.login, auth::name_of(command.role)};
  }
  Words operator()(const RemoveConsoleLoginRequest& command) const {
    return AuditWords{"console_login.remove", command.login};
  }
  Words operator()(const SetTotpRequest& command) const {
    return AuditWords{command.confirmed_by ? "totp.confirm" : "totp.begin", command.login};
  }
  Words operator()(const RemoveTotpRequest& command) const { return AuditWords{"totp.remove", command.login}; }
  Words operator()(const UseTotpRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const NoteRequest& command) const {
    return AuditWords{command.action, command.subject, command.detail};
  }
  Words operator()(const UpdateEndpointRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ShowAccountRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ListAccountsRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ListTunnelsRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ShowTunnelRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const StatusRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const UnusedAddressesRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ListBrokersRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ListTokensRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const FindTokenRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const FindConsoleLoginRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ListConsoleLoginsRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ReserveLeaseRequest& command) const {
    return AuditWords{"lease.reserve", command.login, to_text(command.prefix)};
  }
  // Whose it is gets known later.
  Words operator()(const ReleaseLeaseRequest& command) const {
    return AuditWords{"lease.release", "", to_text(command.prefix)};
  }
  Words operator()(const ReadAuditRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ReadHistoryRequest& /*command*/) const { return std::nullopt; }
  Words operator()(const ListLeasesRequest& /*command*/) const { return std::nullopt; }
};

}  // namespace

std::optional<AuditWords> audit_words(const AdminCommand& command) {
  return std::visit(Describe{}, command);
}

std::string names_of_changes(const ChangeAccountRequest& command) {
  std::string names;
  const auto add = [&](std::string_view name) { names.append(names.empty() ? "" : ", ").append(name); };
  if (command.password) add("password set");
  if (command.enabled) add(*command.enabled ? "enabled" : "disabled");
  if (command.prefix_limits) add("prefix lengths set");
  if (command.mtu) add("MTU set");
  if (command.home) add("home set");
  if (command.note) add("note set");
  return names;
}

}  // namespace tsp::broker
