// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/hook_environment.h"

#include <filesystem>
#include <string_view>
#include <utility>

#include "core/client/lan_prefix.h"
#include "core/wire/message.h"

namespace tsp::linux_ {
namespace {

class Variables {
 public:
  void set(std::string_view name, std::string_view value) {
    list_.push_back(std::string(name) + '=' + std::string(value));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

std::string home_of(const HookOptions& hook) {
  return hook.home.empty() ? std::filesystem::path(hook.program).parent_path().string() : hook.home;
}

// As many groups as the length touches, of the text and not of the number: scripts put "::/LENGTH" or "::1" behind it.
std::string prefix_stem(const IPv6Prefix& prefix) {
  constexpr unsigned kGroupBits = 16;
  constexpr std::size_t kGroupSize = 5;  // four digits and a colon
  const std::size_t groups = (prefix.length + kGroupBits - 1) / kGroupBits;
  return to_full_text(prefix.base).substr(0, groups * kGroupSize - 1);
}

void add_situation(Variables& variables, const Offer& offer, const HostOptions& host, HookEvent event) {
  variables.set("TSP_OPERATION", event == HookEvent::Up ? "TSP_TUNNEL_CREATION" : "TSP_TUNNEL_TEARDOWN");
  variables.set("TSP_VERBOSE", "3");
  variables.set("TSP_HOME_DIR", home_of(host.hook));
  variables.set("TSP_TUNNEL_MODE", wire::type_name(offer.type));
  variables.set("TSP_HOST_TYPE", offer.delegated ? "router" : "host");
  variables.set("TSP_TUNNEL_INTERFACE", host.device_of(offer.type));
  variables.set("TSP_HOME_INTERFACE", host.lan);
}

void add_tunnel(Variables& variables, const Offer& offer) {
  const bool ipv4_inside = carries_ipv4(offer.type);
  variables.set("TSP_CLIENT_ADDRESS_IPV4", to_unmapped_text(offer.client().ipv4));
  variables.set("TSP_CLIENT_ADDRESS_IPV6", to_text(offer.client().ipv6));
  variables.set("TSP_SERVER_ADDRESS_IPV4", to_unmapped_text(offer.server().ipv4));
  variables.set("TSP_SERVER_ADDRESS_IPV6", to_text(offer.server().ipv6));
  variables.set("TSP_TUNNEL_PREFIXLEN", ipv4_inside ? "32" : "128");
  if (!offer.delegated) return;
  // Of IPv4 the whole text.
  variables.set("TSP_PREFIX", ipv4_inside ? to_unmapped_text(offer.delegated->base) : prefix_stem(*offer.delegated));
  variables.set("TSP_PREFIXLEN", std::to_string(written_length(*offer.delegated)));
}

void add_names(Variables& variables, const Offer& offer) {
  if (offer.dns_server) variables.set("TSP_CLIENT_DNS_ADDRESS_IPV6", to_text(*offer.dns_server));
  if (offer.client_name) variables.set("TSP_CLIENT_DNS_NAME", *offer.client_name);
}

void add_own(Variables& variables, const Offer& offer, const HostOptions& host, HookEvent event) {
  variables.set("TSP_CONNECT_EVENT", event == HookEvent::Up ? "up" : "down");
  variables.set("TSP_CONNECT_MODE", host.hook.configures() ? "configure" : "notify");
  variables.set("TSP_CONNECT_MTU", std::to_string(host.mtu));
  variables.set("TSP_CONNECT_DEFAULT_ROUTE", host.default_route ? "yes" : "no");
  variables.set("TSP_CONNECT_DNS_SERVERS", offer.dns_server ? to_text(*offer.dns_server) : "");
  if (!offer.delegated) return;
  variables.set("TSP_CONNECT_PREFIX", to_text(*offer.delegated));
  variables.set("TSP_CONNECT_LAN_PREFIX", to_text(client::lan_prefix(*offer.delegated)));
}

}  // namespace

std::vector<std::string> hook_environment(const Offer& offer, const HostOptions& host, HookEvent event) {
  Variables variables;
  variables.set("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  add_situation(variables, offer, host, event);
  add_tunnel(variables, offer);
  add_names(variables, offer);
  add_own(variables, offer, host, event);
  return variables.take();
}

}  // namespace tsp::linux_
