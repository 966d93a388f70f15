// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_json.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "core/base/seconds.h"
#include "core/wire/message.h"
#include "core/wire/text.h"

namespace tsp::linux_ {
namespace {

using nlohmann::json;

template <class T>
json text_or_null(const std::optional<T>& value) {
  return value ? json(tsp::to_text(*value)) : json(nullptr);
}

json to_json(const Counters& counters) {
  return {{"sessions_started", counters.sessions_started},
          {"sessions_now", counters.sessions_now},
          {"streams_now", counters.streams_now},
          {"auth_succeeded", counters.auth_succeeded},
          {"auth_failed", counters.auth_failed},
          {"offers_made", counters.offers_made},
          {"offers_refused", counters.offers_refused},
          {"tunnels_now", counters.tunnels_now},
          {"tunnels_accepted", counters.tunnels_accepted},
          {"tunnels_expired", counters.tunnels_expired},
          {"tunnels_replaced", counters.tunnels_replaced},
          {"replies_resent", counters.replies_resent},
          {"datagrams_ignored", counters.datagrams_ignored},
          {"hellos_limited", counters.hellos_limited},
          {"busy_answered", counters.busy_answered},
          {"redirects_sent", counters.redirects_sent},
          {"evictions_damped", counters.evictions_damped}};
}

json counts_json(const std::vector<ServiceStatus::Count>& counts) {
  json out = json::object();
  for (const auto& [name, count] : counts) out[name] = count;
  return out;
}

json datapath_json(const ServiceStatus& service) {
  json out = counts_json(service.datapath);
  out["type"] = service.datapath_name;
  out["reason"] = service.datapath_reason;
  out["drops"] = counts_json(service.drops);
  out["offloads"] = json::object();
  for (const auto& [name, in_use] : service.offloads) out["offloads"][name] = in_use;
  return out;
}

bool is_field_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, wire::is_word_character);
}

json held_address(const std::optional<Claim>& claim) {
  const bool held = claim && claim->state == ClaimState::Held;
  return held ? json(to_unmapped_text(claim->prefix.base)) : json();
}

json held_prefixes(const std::vector<Claim>& claims) {
  json prefixes = json::array();
  for (const Claim& claim : claims) {
    if (claim.state == ClaimState::Held) prefixes.push_back(tsp::to_text(claim.prefix));
  }
  return prefixes;
}

std::string_view name_of(BrokerState state) {
  switch (state) {
    case BrokerState::Up:
      return "up";
    case BrokerState::Draining:
      return "draining";
    case BrokerState::Stopped:
      return "stopped";
  }
  std::unreachable();
}

template <class T>
json texts_of(const std::vector<T>& values) {
  json texts = json::array();
  for (const T& value : values) texts.push_back(tsp::to_text(value));
  return texts;
}

json redirect_json(const std::vector<OtherBroker>& brokers) {
  json list = json::array();
  for (const OtherBroker& broker : brokers) {
    list.push_back({{"address", tsp::to_text(broker.address)},
                    {"weight", broker.weight},
                    {"broker_id", broker.id ? json(broker.id->value) : json()},
                    {"region", broker.region},
                    {"capacity", broker.capacity > 0 ? json(broker.capacity) : json()}});
  }
  return list;
}

}  // namespace

json to_json(const AccountView& view) {
  const Account& account = view.record.account;
  const auto& limits = account.prefix_limits;
  return {{"login", account.login},
          {"id", account.id.value},
          {"enabled", account.enabled},
          {"created", to_text(account.created)},
          {"address", held_address(view.record.address)},
          {"prefixes", held_prefixes(view.record.prefixes)},
          {"ipv4_address", held_address(view.record.ipv4_address)},
          {"ipv4_prefixes", held_prefixes(view.record.ipv4_prefixes)},
          {"prefix_length_shortest", limits ? json(limits->shortest) : json()},
          {"prefix_length_longest", limits ? json(limits->longest) : json()},
          {"server_address", text_or_null(account.server_address)},
          {"mtu", account.mtu ? json(*account.mtu) : json()},
          {"home", account.home ? json(account.home->value) : json()},
          {"note", account.note.empty() ? json() : json(account.note)},
          {"name_servers", view.record.name_servers},
          {"host_name", view.host_name ? json(*view.host_name) : json()},
          {"has_update_key", account.update_key.has_value()},
          {"tunnel", view.tunnel ? json(view.tunnel->value) : json()},
          {"tunnel_broker", view.tunnel_broker ? json(view.tunnel_broker->value) : json()},
          {"tunnel_elsewhere", view.tunnel_elsewhere ? to_json(TunnelView{.record = *view.tunnel_elsewhere}) : json()}};
}

json to_json(const BrokerView& view) {
  const BrokerRecord& record = view.record;
  return {{"id", record.id.value},
          {"own", view.own},
          {"state", name_of(record.state)},
          {"heard", view.heard},
          {"heard_at", to_text(record.heard)},
          {"silent_seconds", whole_seconds(view.silence)},
          {"addresses", texts_of(record.addresses)},
          {"region", record.region},
          {"weight", record.weight},
          {"capacity", record.capacity > 0 ? json(record.capacity) : json()},
          {"tunnels", record.tunnels},
          {"pools", texts_of(record.pools)}};
}

json to_json(const DnsStatus& status) {
  return {{"place", status.place},     {"zones", status.zones},     {"done", status.done},
          {"pending", status.pending}, {"refused", status.refused}, {"error", status.error}};
}

json to_json(const std::optional<DnsAccountStatus>& status) {
  if (!status) return nullptr;
  return {{"state", status->state},
          {"since", status->done_at ? json(to_text(*status->done_at)) : json()},
          {"error", status->error}};
}

json to_json(const TunnelView& view) {
  const TunnelRecord& record = view.record;
  json usage;
  if (view.usage) {
    usage = {{"packets_up", view.usage->packets_up},
             {"packets_down", view.usage->packets_down},
             {"bytes_up", view.usage->bytes_up},
             {"bytes_down", view.usage->bytes_down},
             {"idle_seconds", whole_seconds(view.idle)}};
  }
  return {{"id", record.id.value},
          {"login", record.account == kAnonymous ? json() : json(record.login)},
          {"type", wire::type_name(record.type)},
          {"remote", tsp::to_text(record.path.remote)},
          {"local", tsp::to_text(record.path.local)},
          {"inner", to_unmapped_text(record.inner)},
          {"delegated", text_or_null(record.delegated)},
          {"server_address", to_unmapped_text(record.server_address)},
          {"mtu", record.mtu},
          {"keepalive_seconds", record.keepalive_seconds},
          {"confirmed", record.confirmed},
          {"created", to_text(record.created)},
          {"usage", std::move(usage)}};
}

json drain_json(const std::optional<DrainView>& drain) {
  if (!drain) return nullptr;
  return {{"tunnels_left", drain->tunnels},
          {"seconds_left", drain->remaining ? json(whole_seconds(*drain->remaining)) : json()}};
}

json to_json(const StatusView& view, const ServiceStatus& service) {
  return {{"version", service.version},
          {"realm", service.realm},
          {"broker_id", service.broker_id},
          {"listen", service.listen},
          {"uptime_seconds", service.uptime_seconds},
          {"ready", view.ready},
          {"store",
           {{"type", service.store_type},
            {"available", view.store_available},
            {"detail", view.store_detail},
            {"transactions", service.store_transactions}}},
          {"counters", to_json(view.counters)},
          {"claims", view.claims},
          {"quarantined", view.quarantined},
          {"operations", view.operations},
          {"drain", drain_json(view.drain)},
          {"pool", service.pool},
          {"other_pools", service.other_pools},
          {"redirect", redirect_json(service.redirect)},
          {"datapath", datapath_json(service)}};
}

json to_json(const SelfTestReport& report) {
  json checks = json::array();
  for (const SelfTestCheck& check : report.checks) {
    checks.push_back(
        {{"check", check.name}, {"target", check.target}, {"result", name(check.finding)}, {"detail", check.detail}});
  }
  return {{"result", name(report.result)}, {"checks", std::move(checks)}};
}

json error_json(const std::string& message) {
  const auto colon = message.find(": ");
  json error = json::object();
  if (colon != std::string::npos && is_field_name(std::string_view(message).substr(0, colon))) {
    error["field"] = message.substr(0, colon);
    error["message"] = message.substr(colon + 2);
  } else {
    error["message"] = message;
  }
  return {{"error", std::move(error)}};
}

std::string to_text(WallTime time) {
  const auto seconds = static_cast<std::time_t>(whole_seconds(time.since_epoch));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace tsp::linux_
