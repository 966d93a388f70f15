// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/gogoc_conf.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <map>
#include <optional>

namespace tsp::linux_ {
namespace {

using Done = std::expected<void, std::string>;

// Where the file's keys are collected before they can be put together.
struct State {
  GogocConf result;
  bool router = false;
  std::optional<std::uint32_t> prefix_length;
  bool keepalive = true;
  std::map<std::string, std::string, std::less<>> devices;  // by tunnel mode
  std::string gogoc_dir;
  std::string template_name;
};
using Setter = Done (*)(State&, std::string_view);

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

Done not_allowed(std::string_view value, std::string_view allowed) {
  return std::unexpected("'" + std::string(value) + "' is not allowed; use " + std::string(allowed));
}

Done read_number(std::string_view text, std::uint32_t max, std::uint32_t& out) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) {
    return not_allowed(text, "a number from 0 to " + std::to_string(max));
  }
  out = value;
  return {};
}

Done read_switch(std::string_view text, bool& out) {
  if (text != "yes" && text != "no") return not_allowed(text, "yes or no");
  out = text == "yes";
  return {};
}

client::ClientConfig& negotiation(State& state) {
  return state.result.options.negotiation;
}

HostOptions& host(State& state) {
  return state.result.options.host;
}

Done set_userid(State& state, std::string_view value) {
  negotiation(state).login = value;
  return {};
}

Done set_passwd(State& state, std::string_view value) {
  negotiation(state).password = value;
  return {};
}

Done set_server(State& state, std::string_view value) {
  const auto server = client::parse_server_name(value);
  if (!server) return not_allowed(value, "NAME, NAME:PORT or ADDRESS:PORT");
  client::ClientConfig& config = negotiation(state);
  if (config.server.host.empty()) {
    config.server = *server;
  } else {
    config.more_servers.push_back(*server);
  }
  return {};
}

Done set_auth_method(State& state, std::string_view value) {
  // "any" takes the strongest that the server offers. Whoever can change what it offers chooses the weakest.
  if (value == "any" || value == "digest-md5") {
    negotiation(state).mechanism = AuthMechanism::DigestMd5;
  } else if (value == "plain") {
    negotiation(state).mechanism = AuthMechanism::Plain;
  } else if (value == "anonymous") {
    negotiation(state).mechanism = AuthMechanism::Anonymous;
  } else {
    return not_allowed(value, "any, anonymous, plain or digest-md5");
  }
  return {};
}

Done set_tunnel_mode(State& state, std::string_view value) {
  if (value == "v6anyv4") {
    negotiation(state).type = RequestedType::V6AnyV4;
  } else if (value == "v6v4") {
    negotiation(state).type = RequestedType::V6V4;
  } else if (value == "v6udpv4") {
    negotiation(state).type = RequestedType::V6UdpV4;
  } else if (value == "v4v6") {
    negotiation(state).type = RequestedType::V4V6;
  } else {
    return not_allowed(value, "v6anyv4, v6v4, v6udpv4 or v4v6");
  }
  return {};
}

Done set_host_type(State& state, std::string_view value) {
  if (value != "host" && value != "router") return not_allowed(value, "host or router");
  state.router = value == "router";
  return {};
}

Done set_prefixlen(State& state, std::string_view value) {
  return read_number(value, 64, state.prefix_length.emplace());
}

Done set_if_prefix(State& state, std::string_view value) {
  host(state).lan = value;
  return {};
}

Done set_dns_server(State& state, std::string_view value) {
  std::vector<std::string>& servers = negotiation(state).reverse_dns_servers;
  servers.clear();
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(':'), value.size());
    if (end > 0) servers.emplace_back(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return {};
}

Done set_auto_retry_connect(State& state, std::string_view value) {
  bool again = true;
  if (auto done = read_switch(value, again); !done) return done;
  negotiation(state).once = !again;
  return {};
}

Done read_seconds(std::string_view value, Duration& out) {
  std::uint32_t seconds = 0;
  if (auto done = read_number(value, 86400, seconds); !done) return done;
  out = std::chrono::seconds(std::max(seconds, 1U));
  return {};
}

Done set_retry_delay(State& state, std::string_view value) {
  return read_seconds(value, negotiation(state).retry_min);
}

Done set_retry_delay_max(State& state, std::string_view value) {
  return read_seconds(value, negotiation(state).retry_max);
}

Done set_keepalive(State& state, std::string_view value) {
  return read_switch(value, state.keepalive);
}

Done set_keepalive_interval(State& state, std::string_view value) {
  return read_number(value, 86400, negotiation(state).keepalive_seconds);
}

Done set_device_of_udp(State& state, std::string_view value) {
  state.devices["v6udpv4"] = value;
  return {};
}

Done set_device_of_protocol_41(State& state, std::string_view value) {
  state.devices["v6v4"] = value;
  return {};
}

Done set_device_of_ipv4(State& state, std::string_view value) {
  state.devices["v4v6"] = value;
  return {};
}

Done set_proxy_client(State&, std::string_view value) {
  bool proxy = false;
  if (auto done = read_switch(value, proxy); !done) return done;
  if (proxy) return std::unexpected("a tunnel for another host is not supported; use no");
  return {};
}

Done set_gogoc_dir(State& state, std::string_view value) {
  state.gogoc_dir = value;
  return {};
}

Done set_template(State& state, std::string_view value) {
  if (value.contains('/')) return not_allowed(value, "a name, or hook=PATH");
  state.template_name = value;
  return {};
}

// ---- keys that gogoc does not have ----

Done set_hook(State& state, std::string_view value) {
  host(state).hook.program = value;
  return {};
}

Done set_hook_mode(State& state, std::string_view value) {
  if (value != "notify" && value != "configure") return not_allowed(value, "notify or configure");
  host(state).hook.mode = value == "notify" ? HookMode::Notify : HookMode::Configure;
  return {};
}

Done set_hook_timeout(State& state, std::string_view value) {
  std::uint32_t seconds = 0;
  if (auto done = read_number(value, kHookPatienceSecondsMax, seconds); !done) return done;
  host(state).hook.patience = std::chrono::seconds(std::max(seconds, 1U));
  return {};
}

Done set_mtu(State& state, std::string_view value) {
  std::uint32_t mtu = 0;
  if (auto done = read_number(value, kMtuMaxProtocol41, mtu); !done) return done;
  host(state).mtu = static_cast<std::uint16_t>(mtu);
  return {};
}

Done set_mss_clamp(State& state, std::string_view value) {
  return read_switch(value, host(state).mss_clamp);
}

struct Key {
  std::string_view name;
  Setter set;
};
constexpr std::array kKeys{
    Key{"auth_method", set_auth_method},
    Key{"auto_retry_connect", set_auto_retry_connect},
    Key{"dns_server", set_dns_server},
    Key{"gogoc_dir", set_gogoc_dir},
    Key{"hook", set_hook},
    Key{"hook_mode", set_hook_mode},
    Key{"hook_timeout", set_hook_timeout},
    Key{"host_type", set_host_type},
    Key{"if_prefix", set_if_prefix},
    Key{"if_tunnel_v4v6", set_device_of_ipv4},
    Key{"if_tunnel_v6udpv4", set_device_of_udp},
    Key{"if_tunnel_v6v4", set_device_of_protocol_41},
    Key{"keepalive", set_keepalive},
    Key{"keepalive_interval", set_keepalive_interval},
    Key{"mss_clamp", set_mss_clamp},
    Key{"mtu", set_mtu},
    Key{"passwd", set_passwd},
    Key{"prefixlen", set_prefixlen},
    Key{"proxy_client", set_proxy_client},
    Key{"retry_delay", set_retry_delay},
    Key{"retry_delay_max", set_retry_delay_max},
    Key{"server", set_server},
    Key{"template", set_template},
    Key{"tunnel_mode", set_tunnel_mode},
    Key{"userid", set_userid},
};
// Their work is done in another way, or by others: the journal, memory.
constexpr std::array<std::string_view, 14> kWithoutEffect{
    "always_use_same_server", "broker_list",    "client_v4",  "client_v6", "last_server",  "log",
    "log_filename",           "log_console",    "log_stderr", "log_file",  "log_rotation", "log_rotation_size",
    "log_rotation_delete",    "syslog_facility"};

Done apply(State& state, std::string_view key, std::string_view value, std::string_view where) {
  const auto* known = std::ranges::find(kKeys, key, &Key::name);
  if (known != kKeys.end()) return value.empty() ? Done{} : known->set(state, value);
  if (std::ranges::find(kWithoutEffect, key) == kWithoutEffect.end()) {
    state.result.warnings.push_back(std::string(where) + "unknown key '" + std::string(key) + "'");
  }
  return {};
}

// What the template "linux" does is done without a script.
void choose_hook(State& state) {
  HookOptions& hook = host(state).hook;
  hook.home = state.gogoc_dir;
  if (state.template_name.empty() || state.template_name == "linux" || !hook.program.empty()) return;
  if (state.gogoc_dir.empty()) {
    state.result.warnings.push_back("template=" + state.template_name + " is not run without gogoc_dir");
    return;
  }
  hook.program = state.gogoc_dir + "/template/" + state.template_name + ".sh";
  hook.mode = HookMode::Configure;
}

// v6anyv4 can become either; most often it is UDP.
std::string_view device_key(RequestedType type) {
  switch (type) {
    case RequestedType::V6V4:
      return "v6v4";
    case RequestedType::V6UdpV4:
    case RequestedType::V6AnyV4:
      return "v6udpv4";
    case RequestedType::V4V6:
      return "v4v6";
  }
  return "";
}

// gogoc takes 0 for "the server's choice", which was /48, or /24 of IPv4.
std::uint8_t router_length(const State& state) {
  const bool ipv4 = state.result.options.negotiation.type == RequestedType::V4V6;
  const std::uint32_t length = state.prefix_length.value_or(ipv4 ? 0 : 64);
  if (length == 0) return ipv4 ? 24 : 48;
  return static_cast<std::uint8_t>(length);
}

void choose_devices(State& state) {
  const auto& devices = state.devices;
  const auto device = devices.find(device_key(negotiation(state).type));
  if (device != devices.end()) host(state).device = device->second;
  if (const auto sit = devices.find("v6v4"); sit != devices.end()) host(state).sit_device = sit->second;
}

void put_together(State& state) {
  client::ClientConfig& config = negotiation(state);
  if (!state.keepalive) config.keepalive_seconds = 0;
  if (state.router) config.router_prefix_length = router_length(state);
  config.retry_max = std::max(config.retry_max, config.retry_min);
  choose_hook(state);
  choose_devices(state);
}

}  // namespace

std::expected<GogocConf, std::string> parse_gogoc_conf(std::string_view text) {
  State state;
  negotiation(state).keepalive_seconds = 30;
  negotiation(state).retry_min = std::chrono::seconds(30);
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string where = "line " + std::to_string(number) + ": ";
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return std::unexpected(where + "KEY=VALUE expected");
    const std::string_view key = trim(line.substr(0, equals));
    if (auto done = apply(state, key, trim(line.substr(equals + 1)), where); !done) {
      return std::unexpected(where + std::string(key) + ": " + done.error());
    }
  }
  put_together(state);
  return std::move(state.result);
}

}  // namespace tsp::linux_
