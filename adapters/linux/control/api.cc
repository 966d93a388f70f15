// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api.h"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "adapters/linux/control/api_access.h"
#include "adapters/linux/control/api_fields.h"
#include "adapters/linux/control/api_json.h"
#include "adapters/linux/control/api_routes.h"
#include "adapters/linux/control/repeated_requests.h"
#include "adapters/linux/control/url.h"
#include "core/auth/login.h"

namespace tsp::linux_ {
namespace {

constexpr std::string_view kRoot = "/api/v1/";
constexpr std::uint64_t kPageMax = 1000;

constexpr const char* kBadAddress = "the address is not encoded correctly, or not UTF-8 without control characters";

// ItemPart: of the collection "a/b" it is at "a/ITEM/b".
enum class Shape : std::uint8_t { Single, List, Item, ItemPart };
enum class Body : std::uint8_t { None, Fields };
// A request that is sent again does no harm, or its Idempotency-Key tells that it is the same.
enum class Repeat : std::uint8_t { Harmless, ByKey };

struct Route {
  std::string_view method;
  std::string_view collection;
  Shape shape;
  Body body;
  Who who;
  Area area;
  ApiResponse (*handler)(const ApiContext&);
  Repeat repeat = Repeat::Harmless;
  std::string_view parameters = {};  // further ones of its query, with a blank behind each
};

// What there is, and who may do it.
constexpr std::array kRoutes = {
    Route{"GET", "status", Shape::Single, Body::None, Who::Operator, Area::Broker, show_status},
    Route{"GET", "accounts", Shape::List, Body::None, Who::Operator, Area::Accounts, list_accounts},
    Route{"POST", "accounts", Shape::Single, Body::Fields, Who::Admin, Area::Accounts, add_account, Repeat::ByKey},
    Route{"GET", "accounts", Shape::Item, Body::None, Who::OperatorOrOwner, Area::Accounts, show_account},
    Route{"PATCH", "accounts", Shape::Item, Body::Fields, Who::AdminOrOwner, Area::Accounts, change_account},
    Route{"DELETE", "accounts", Shape::Item, Body::None, Who::Admin, Area::Accounts, delete_account},
    Route{"GET", "client-configs", Shape::Item, Body::None, Who::OperatorOrOwner, Area::Accounts, show_client_configs,
          Repeat::Harmless, "server "},
    Route{"GET", "tunnels", Shape::List, Body::None, Who::Operator, Area::Tunnels, list_tunnels, Repeat::Harmless,
          "address login remote "},
    Route{"GET", "tunnels", Shape::Item, Body::None, Who::OperatorOrOwner, Area::Tunnels, show_tunnel},
    Route{"DELETE", "tunnels", Shape::Item, Body::None, Who::OperatorOrOwner, Area::Tunnels, kick_tunnel},
    Route{"POST", "self-test", Shape::Single, Body::None, Who::Operator, Area::Broker, run_self_test},
    Route{"GET", "dns", Shape::Single, Body::None, Who::Operator, Area::Dns, show_dns},
    Route{"POST", "dns-retry", Shape::Single, Body::None, Who::Operator, Area::Dns, retry_dns},
    Route{"POST", "drain", Shape::Single, Body::Fields, Who::Operator, Area::Broker, start_drain},
    Route{"DELETE", "drain", Shape::Single, Body::None, Who::Operator, Area::Broker, cancel_drain},
    Route{"GET", "brokers", Shape::Single, Body::None, Who::Operator, Area::Broker, list_brokers},
    Route{"DELETE", "brokers", Shape::Item, Body::None, Who::Admin, Area::Broker, forget_broker},
    Route{"POST", "update-keys", Shape::Item, Body::None, Who::AdminOrOwner, Area::Accounts, make_key},
    Route{"DELETE", "update-keys", Shape::Item, Body::None, Who::AdminOrOwner, Area::Accounts, remove_key},
    Route{"GET", "tokens", Shape::List, Body::None, Who::AdminOrOwner, Area::Access, list_tokens},
    Route{"POST", "tokens", Shape::Single, Body::Fields, Who::AdminOrOwner, Area::Access, create_token, Repeat::ByKey},
    Route{"DELETE", "tokens", Shape::Item, Body::None, Who::AdminOrOwner, Area::Access, revoke_token},
    Route{"GET", "console-logins", Shape::List, Body::None, Who::Admin, Area::Access, list_console_logins},
    Route{"PUT", "console-logins", Shape::Item, Body::Fields, Who::Anybody, Area::Access, set_console_login},
    Route{"DELETE", "console-logins", Shape::Item, Body::None, Who::Admin, Area::Access, remove_console_login},
    Route{"POST", "console-logins/totp", Shape::ItemPart, Body::Fields, Who::Anybody, Area::Access, begin_totp},
    Route{"PUT", "console-logins/totp", Shape::ItemPart, Body::Fields, Who::Anybody, Area::Access, confirm_totp},
    Route{"DELETE", "console-logins/totp", Shape::ItemPart, Body::Fields, Who::Anybody, Area::Access, remove_totp},
    Route{"GET", "session", Shape::Single, Body::None, Who::Anybody, Area::Session, show_session},
    Route{"POST", "session", Shape::Single, Body::Fields, Who::Stranger, Area::Session, begin_session},
    Route{"DELETE", "session", Shape::Single, Body::None, Who::Anybody, Area::Session, end_session},
    Route{"GET", "history", Shape::List, Body::None, Who::Operator, Area::Tunnels, read_history, Repeat::Harmless,
          "address at login "},
    Route{"GET", "leases", Shape::List, Body::None, Who::Operator, Area::Accounts, list_leases, Repeat::Harmless,
          "address login "},
    Route{"POST", "leases", Shape::Single, Body::Fields, Who::Admin, Area::Accounts, reserve_lease},
    Route{"DELETE", "leases", Shape::Item, Body::None, Who::Admin, Area::Accounts, release_lease},
    Route{"GET", "pools", Shape::Single, Body::None, Who::Operator, Area::Broker, show_pools},
    Route{"POST", "reload", Shape::Single, Body::None, Who::Admin, Area::Broker, reload_configuration, Repeat::Harmless,
          "dry_run "},
    Route{"GET", "events", Shape::Single, Body::None, Who::Operator, Area::Events, stream_events},
    Route{"GET", "audit", Shape::List, Body::None, Who::Operator, Area::Audit, read_audit},
};

// "accounts", "accounts/alice" or "console-logins/alice/totp", taken apart.
struct Place {
  std::string_view collection;
  std::optional<std::string_view> item;  // still encoded
};

std::optional<Place> find_place(std::string_view path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  path.remove_prefix(kRoot.size());
  const auto slash = path.find('/');
  if (slash == std::string_view::npos) return Place{path, std::nullopt};
  const Place place{path.substr(0, slash), path.substr(slash + 1)};
  for (const Route& route : kRoutes) {
    if (route.shape != Shape::ItemPart) continue;
    const auto split = route.collection.find('/');
    const std::string_view part = route.collection.substr(split);
    if (place.collection != route.collection.substr(0, split) || !place.item->ends_with(part)) continue;
    return Place{route.collection, place.item->substr(0, place.item->size() - part.size())};
  }
  return place;
}

bool matches(const Route& route, const Place& place) {
  const bool is_of_item = route.shape == Shape::Item || route.shape == Shape::ItemPart;
  return route.collection == place.collection && is_of_item == place.item.has_value();
}

// Nothing, or what he is told.
std::optional<ApiResponse> check_caller(const Route& route, const Caller& caller, const std::string& item) {
  const Intent intent = route.method == "GET" ? Intent::Read : Intent::Write;
  if (const auto fault = access_fault(caller, route.who, route.area, intent)) {
    return caller.role ? refuse(403, *fault) : refuse_stranger(*fault);
  }
  // Whose tunnels and tokens are is not to be seen by the address.
  const bool is_of_account = route.area == Area::Accounts && route.shape == Shape::Item;
  if (is_of_account && only_own(caller) && !caller.owns(item)) return not_yours();
  return std::nullopt;
}

// Of words with a blank behind each.
bool is_word_of(const std::string& text, std::string_view words) {
  if (text.empty() || text.find(' ') != std::string::npos) return false;
  return (' ' + std::string(words)).find(' ' + text + ' ') != std::string::npos;
}

// A fault, or nothing.
std::optional<std::string> read_query(const std::map<std::string, std::string>& query, const Route& route,
                                      ApiContext& context) {
  const Shape shape = route.shape;
  for (const auto& [name, value] : query) {
    if (shape == Shape::List && name == "after") {
      if (!auth::is_plain_text(value)) return "after: expected UTF-8 without control characters";
      context.after = value;
    } else if (shape == Shape::List && name == "limit") {
      const auto limit = parse_number(value);
      if (!limit || *limit == 0 || *limit > kPageMax) return "limit: expected a whole number from 1 to 1000";
      context.limit = static_cast<std::uint32_t>(*limit);
    } else if (is_word_of(name, route.parameters)) {
      if (!auth::is_plain_text(value)) return name + ": expected UTF-8 without control characters";
      context.parameters.emplace(name, value);
    } else {
      return name + ": unknown parameter";
    }
  }
  return std::nullopt;
}

}  // namespace

Api::Api(CoreCall core, std::shared_ptr<ApiGate> gate, Service service, SelfTestCall self_test, DnsCalls dns,
         DaemonCalls daemon)
    : core_(std::move(core)),
      gate_(std::move(gate)),
      service_(std::move(service)),
      self_test_(std::move(self_test)),
      dns_(std::move(dns)),
      daemon_(std::move(daemon)),
      repeated_(std::make_shared<RepeatedRequests>()) {}

ApiResponse Api::handle(const ApiRequest& request) const {
  const auto caller = gate_->identify(request);
  return caller ? handle(request, *caller) : caller.error();
}

ApiResponse Api::handle(const ApiRequest& request, const Caller& caller) const {
  const auto url = parse_url(request.target);
  if (!url) return refuse(400, "the address is not encoded correctly, or names a parameter twice");
  const auto place = find_place(url->path);
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (!place || !matches(route, *place)) continue;
    if (route.method != request.method) {
      allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
      continue;
    }
    const auto item = percent_decode(place->item.value_or(""));
    if (!item || !auth::is_plain_text(*item)) return refuse(400, kBadAddress);
    if (auto refused = check_caller(route, caller, *item)) return std::move(*refused);
    ApiContext context{core_, *gate_, service_, self_test_, dns_, daemon_, caller, request, *item, {}};
    if (const auto fault = read_query(url->query, route, context)) return refuse(422, *fault);
    if (route.body == Body::None && !request.body.empty()) return refuse(422, "expected no body");
    const auto serve = [&] { return route.handler(context); };
    const bool has_key = route.repeat == Repeat::ByKey && request.idempotency_key.has_value();
    return has_key ? repeated_->answer(*request.idempotency_key, request, caller.name, serve) : serve();
  }
  if (!allowed.empty()) {
    ApiResponse response = refuse(405, "the method is not allowed here; allowed: " + allowed);
    response.headers.emplace_back("Allow", allowed);
    return response;
  }
  return refuse(404, "there is nothing at this address");
}

ApiResponse respond(int status, const nlohmann::json& json) {
  return {status, dump(json)};
}

ApiResponse refuse(int status, const std::string& message) {
  return respond(status, error_json(message));
}

std::optional<ApiResponse> refuse_faulty(const BodyFields& fields) {
  const auto fault = fields.fault();
  return fault ? std::optional(refuse(fields.is_object() ? 422 : 400, *fault)) : std::nullopt;
}

ApiResponse refuse_stranger(const std::string& message) {
  ApiResponse response = refuse(401, message);
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tspd\"");
  return response;
}

ApiResponse not_yours() {
  return refuse(403, "the role user is for its own account only");
}

std::expected<AdminReply, ApiResponse> ask(const ApiContext& context, AdminCommand command) {
  return ask(context.core, std::move(command), context.caller.actor());
}

std::expected<AdminReply, ApiResponse> ask(const Api::CoreCall& core, AdminCommand command,
                                           const std::optional<Actor>& actor) {
  auto reply = core(std::move(command), actor);
  if (!reply) return std::unexpected(refuse(503, "the broker did not answer in time"));
  switch (reply->status) {
    case AdminStatus::Done:
      return std::move(*reply);
    case AdminStatus::Invalid:
      return std::unexpected(refuse(422, reply->message));
    case AdminStatus::NotFound:
      return std::unexpected(refuse(404, reply->message));
    case AdminStatus::Exists:
      return std::unexpected(refuse(409, reply->message));
    case AdminStatus::Unavailable:
      return std::unexpected(refuse(503, reply->message));
  }
  std::unreachable();
}

ApiResponse show_status(const ApiContext& context) {
  const auto reply = ask(context, StatusRequest{});
  if (!reply) return reply.error();
  return respond(200, to_json(reply->state.value_or(StatusView{}), context.service()));
}

ApiResponse run_self_test(const ApiContext& context) {
  return respond(200, to_json(context.self_test()));
}

}  // namespace tsp::linux_
