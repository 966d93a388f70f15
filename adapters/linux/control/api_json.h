// SPDX-License-Identifier: Apache-2.0
//
// What the control API shows, as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/broker.h>

#include "adapters/linux/control/api.h"

namespace tsp::linux_ {

[[nodiscard]] nlohmann::json to_json(const AccountView& view);
[[nodiscard]] nlohmann::json to_json(const TunnelView& view);
[[nodiscard]] nlohmann::json to_json(const BrokerView& view);
[[nodiscard]] nlohmann::json to_json(const StatusView& view, const ServiceStatus& service);
[[nodiscard]] nlohmann::json to_json(const SelfTestReport& report);
[[nodiscard]] nlohmann::json to_json(const ApiToken& token);
[[nodiscard]] nlohmann::json to_json(const ConsoleLogin& login);
[[nodiscard]] nlohmann::json to_json(const AuditEntry& entry);
[[nodiscard]] nlohmann::json to_json(const HistoryEntry& entry);
[[nodiscard]] nlohmann::json to_json(const Lease& lease);
[[nodiscard]] nlohmann::json to_json(const PoolView& pool);
// "1764000000123456789-17", which is what `after` of the next page of the audit log has to be.
[[nodiscard]] std::string cursor_of(const AuditEntry& entry);
[[nodiscard]] std::optional<AuditPlace> parse_cursor(std::string_view text);
// null: not draining
[[nodiscard]] nlohmann::json drain_json(const std::optional<DrainView>& drain);
[[nodiscard]] nlohmann::json to_json(const DnsStatus& status);
[[nodiscard]] nlohmann::json to_json(const std::optional<DnsAccountStatus>& status);
// {"error": {"message": …}}, with "field" if the message begins with the name of one and a colon.
[[nodiscard]] nlohmann::json error_json(const std::string& message);
// "2026-02-03T04:05:06Z"
[[nodiscard]] std::string to_text(WallTime time);
// As to_text() writes it, perhaps with a fraction of a second.
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);
// One line; what is no UTF-8 is replaced.
[[nodiscard]] std::string dump(const nlohmann::json& json);

}  // namespace tsp::linux_
