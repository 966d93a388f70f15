// SPDX-License-Identifier: Apache-2.0
#include "core/client/itinerary.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/assert.h"
#include "core/dataplane/address_scope.h"

namespace tsp::client {
namespace {

constexpr std::array<std::string_view, 3> kVersions{"2.0.2", "2.0.1", "2.0.0"};
constexpr std::uint16_t kLowestPort = 1024;

// The packets of a tunnel in UDP go with its signalling.
bool may_use_tcp(RequestedType type) {
  return type != RequestedType::V6UdpV4;
}

std::vector<ServerName> configured_servers(const ClientConfig& config) {
  std::vector<ServerName> servers{config.server};
  for (const ServerName& server : config.more_servers) {
    if (std::ranges::find(servers, server) == servers.end()) servers.push_back(server);
  }
  return servers;
}

bool matches(std::string_view host, std::string_view rule) {
  return rule.starts_with('.') ? host.ends_with(rule) : host == rule;
}

// Whether another server may do better. What the server thinks of our account, another one will think too.
bool worth_another_server(const Failure& failure) {
  return failure.kind == FailureKind::VersionRefused || retry_class(failure) == RetryClass::Later;
}

}  // namespace

Itinerary::Itinerary(std::shared_ptr<const ClientConfig> config) : config_(std::move(config)), type_(config_->type) {
  restart(type_);
}

void Itinerary::restart(RequestedType type) {
  type_ = type;
  hops_ = 0;
  from_cache_ = false;
  ahead_.clear();
  visited_.clear();
  worth_trying_soon_ = false;
  go_to_first(configured_servers(*config_), configured_ahead_);
}

std::string_view Itinerary::version() const {
  return kVersions[version_index_];
}

bool Itinerary::may_connect(const Endpoint& remote) const {
  return is_of_family(remote.address) &&
         (!redirected() || config_->redirects.allow_private || dataplane::is_global(remote.address));
}

std::variant<Itinerary::GoOn, Itinerary::RoundOver> Itinerary::after(const Failure& failure) {
  if (failure.kind == FailureKind::Redirected) return follow(failure);
  if (failure.kind == FailureKind::VersionRefused && version_index_ + 1 < kVersions.size()) {
    ++version_index_;
    return GoOn{kVersionDelay};
  }
  if (failure.kind == FailureKind::NoAnswer && transport_ == Transport::Udp && may_use_tcp(type_)) {
    transport_ = Transport::Tcp;
    return GoOn{};
  }
  return next_server(failure);
}

void Itinerary::go_to(ServerName server) {
  server_ = std::move(server);
  transport_ = Transport::Udp;
  version_index_ = 0;
  visited_.insert(server_);
  unordered_.clear();
}

void Itinerary::go_to_first(const std::vector<ServerName>& servers, std::deque<ServerName>& ahead) {
  ahead.assign(servers.begin() + 1, servers.end());
  go_to(servers.front());
  if (config_->measure_distance && !ahead.empty()) unordered_ = servers;
}

void Itinerary::ordered(const std::vector<ServerName>& servers) {
  TSP_ASSERT(std::ranges::is_permutation(servers, unordered_));
  visited_.erase(server_);
  go_to_first(servers, redirected() ? ahead_ : configured_ahead_);
  unordered_.clear();
}

Itinerary::Step Itinerary::follow(const Failure& failure) {
  const auto refuse = [&](std::string why) {
    return next_configured(RetryClass::Refused, Failure{.kind = FailureKind::RedirectRefused,
                                                        .code = failure.code,
                                                        .detail = std::move(why) + ": " + failure.detail,
                                                        .redirect = {}});
  };
  if (config_->redirects.hops_max == 0) return refuse("none is to be followed");
  if (hops_ == config_->redirects.hops_max) return refuse("too many redirects");
  std::vector<ServerName> brokers =
      acceptable(failure.redirect ? failure.redirect->brokers : std::vector<std::string>{});
  if (brokers.empty()) return refuse("no server that may be used and was not tried yet");
  ++hops_;
  cached_ = brokers;
  go_to_first(brokers, ahead_);
  return GoOn{};
}

Itinerary::Step Itinerary::next_server(const Failure& failure) {
  if (!worth_another_server(failure)) return next_configured(retry_class(failure), failure);
  if (!redirected() && configured_ahead_.empty() && !cached_.empty()) {
    from_cache_ = true;
    go_to_first(cached_, ahead_);
    return GoOn{};
  }
  if (ahead_.empty()) return next_configured(retry_class(failure), failure);
  ServerName next = std::move(ahead_.front());
  ahead_.pop_front();
  go_to(std::move(next));
  return GoOn{};
}

// Its user vouches for each of them: what one refuses, the next may grant.
Itinerary::Step Itinerary::next_configured(RetryClass retry, Failure failure) {
  worth_trying_soon_ = worth_trying_soon_ || retry == RetryClass::Later;
  while (!configured_ahead_.empty()) {
    ServerName next = std::move(configured_ahead_.front());
    configured_ahead_.pop_front();
    if (visited_.contains(next)) continue;
    hops_ = 0;
    from_cache_ = false;
    ahead_.clear();
    go_to(std::move(next));
    return GoOn{};
  }
  return RoundOver{worth_trying_soon_ ? RetryClass::Later : retry, std::move(failure)};
}

std::vector<ServerName> Itinerary::acceptable(const std::vector<std::string>& brokers) const {
  std::vector<ServerName> result;
  for (const std::string& text : brokers) {
    const auto server = parse_server_name(text);
    if (!server || !may_go_to(*server) || visited_.contains(*server)) continue;
    if (std::ranges::find(result, *server) == result.end()) result.push_back(*server);
    if (result.size() == kBrokersMax) break;
  }
  return result;
}

bool Itinerary::is_of_family(const IPv6Address& address) const {
  return family_of(address) == outer_family(config_->type);
}

bool Itinerary::may_go_to(const ServerName& server) const {
  if (server.port < kLowestPort) return false;
  const RedirectRules& rules = config_->redirects;
  const auto address = literal_address(server);
  if (address && !is_of_family(*address)) return false;
  if (address && !rules.allow_private && !dataplane::is_global(*address)) return false;
  if (rules.allowed_hosts.empty()) return true;
  return std::ranges::any_of(rules.allowed_hosts, [&](const std::string& rule) { return matches(server.host, rule); });
}

}  // namespace tsp::client
