// SPDX-License-Identifier: Apache-2.0
#include "apps/tsp-connect/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "adapters/linux/client/gogoc_conf.h"
#include "adapters/linux/terminal/password.h"

namespace tsp::tsp_connect {
namespace {

const std::map<std::string, AuthMechanism> kMechanisms{
    {"anonymous", AuthMechanism::Anonymous}, {"plain", AuthMechanism::Plain}, {"digest-md5", AuthMechanism::DigestMd5}};
const std::map<std::string, RequestedType> kTypes{{"v6udpv4", RequestedType::V6UdpV4},
                                                  {"v6anyv4", RequestedType::V6AnyV4},
                                                  {"v6v4", RequestedType::V6V4},
                                                  {"v4v6", RequestedType::V4V6}};

const std::map<std::string, linux_::HookMode> kHookModes{{"notify", linux_::HookMode::Notify},
                                                         {"configure", linux_::HookMode::Configure}};

constexpr const char* kFooter =
    R"(Without --config, the tunnel type is v6udpv4, and the mechanism is digest-md5 with --login, else anonymous.
The mechanism is never changed for a weaker one. The password comes from --password-file, --password-fd, the
configuration file, or a prompt.

Examples:
  tsp-connect --server tb.example.net
  tsp-connect --server tb.example.net --login alice --password-file /etc/tsp-connect.password
  tsp-connect --server tb.example.net --login alice --router 56 --lan eth1
  tsp-connect --server tb.example.net --type v4v6
  tsp-connect --server tb1.example.net --server tb2.example.net --login alice
  tsp-connect --server tb.example.net --hook /usr/local/sbin/tunnel-changed
  tsp-connect --config /etc/gogoc/gogoc.conf

Signals: SIGINT and SIGTERM end the tunnel, take everything back that was set up, and exit.

Exit codes: 0 stopped by a signal, 1 configuration or command line, 2 this host (privileges, devices, addresses),
8 internal error. With --once also: 3 no server answers, 4 authentication failed, 5 the server refuses, 6 the server
breaks the protocol, 7 the tunnel was up and was lost.)";

struct Arguments {
  std::string config;
  std::vector<std::string> servers;
  std::optional<std::string> login;
  std::optional<std::string> password_file;
  std::optional<int> password_fd;
  std::optional<std::string> mechanism;
  std::optional<std::string> type;
  std::optional<std::uint8_t> router;
  std::optional<std::string> lan;
  std::optional<std::string> device;
  std::optional<std::uint32_t> keepalive;
  std::optional<std::uint32_t> retry;
  std::optional<std::uint16_t> mtu;
  std::optional<std::string> hook;
  std::optional<std::string> hook_mode;
  std::optional<std::uint32_t> hook_timeout;
  std::vector<std::string> reverse_dns;
  std::vector<std::string> redirect_hosts;
  bool no_redirects = false;
  bool private_redirects = false;
  bool old_sequence = false;
  bool keep_order = false;
  bool no_default_route = false;
  bool no_mss_clamp = false;
  bool no_delete = false;
  bool once = false;
  bool json = false;
  bool check = false;
};

Failure invalid(std::string line) {
  return {ExitCode::Configuration, std::move(line)};
}

void add_account_options(CLI::App& app, Arguments& a) {
  constexpr const char* kGroup = "Server and account";
  app.add_option("--server", a.servers, "The server; port 3653 if none is given. Repeated: the nearest is tried first")
      ->type_name("HOST[:PORT]")
      ->allow_extra_args(false)
      ->group(kGroup);
  app.add_option("--login", a.login, "The account's name")->type_name("NAME")->group(kGroup);
  auto* file = app.add_option("--password-file", a.password_file, "A file that holds only the password");
  file->type_name("FILE")->group(kGroup);
  auto* fd = app.add_option("--password-fd", a.password_fd, "A descriptor to read the password from");
  fd->type_name("N")->group(kGroup)->excludes(file);
  app.add_option("--auth", a.mechanism, "How to authenticate")
      ->check(CLI::IsMember(&kMechanisms).description(""))
      ->type_name("anonymous|plain|digest-md5")
      ->group(kGroup);
  app.add_option("--config", a.config, "A gogoc.conf; options given here come before what is in it")
      ->type_name("FILE")
      ->group(kGroup);
}

void add_tunnel_options(CLI::App& app, Arguments& a) {
  constexpr const char* kGroup = "Tunnel";
  app.add_option("--type", a.type, "Which kind of tunnel")
      ->check(CLI::IsMember(&kTypes).description(""))
      ->type_name("v6udpv4|v6anyv4|v6v4|v4v6")
      ->group(kGroup);
  app.add_option("--router", a.router, "Ask for a prefix of this length, and route it")
      ->check(CLI::Range(1, 64).description(""))
      ->type_name("LENGTH")
      ->group(kGroup);
  app.add_option("--lan", a.lan, "The device that gets the first /64 of the prefix, or all of IPv4")
      ->type_name("DEVICE")
      ->group(kGroup);
  app.add_option("--device", a.device, "The tunnel's TUN device (tsp)")->type_name("DEVICE")->group(kGroup);
  app.add_flag("--no-default-route", a.no_default_route, "Do not send all traffic of the tunnel's version into it")
      ->group(kGroup);
  app.add_option("--mtu", a.mtu, "Bytes of a packet in the tunnel; the server must hold as many (1280)")
      ->check(CLI::Range(+linux_::kMtuMin, +linux_::kMtuMaxProtocol41).description(""))
      ->type_name("BYTES")
      ->group(kGroup);
  app.add_flag("--no-mss-clamp", a.no_mss_clamp, "Leave the segment size of TCP connections as it is")->group(kGroup);
  app.add_option("--keepalive", a.keepalive, "Ask for this interval; 0: for none (25)")
      ->check(CLI::Range(0, 86400).description(""))
      ->type_name("SECONDS")
      ->group(kGroup);
  app.add_option("--reverse-dns", a.reverse_dns,
                 "A name server for the prefix's reverse zone, such as ns1.example.net; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->group(kGroup);
}

void add_hook_options(CLI::App& app, Arguments& a) {
  constexpr const char* kGroup = "Hook";
  app.add_option("--hook", a.hook, "A program to run when the tunnel comes up, and when it goes down")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--hook-mode", a.hook_mode,
                 "notify: it is told; configure: it sets the host up, as for gogoc (notify)")
      ->check(CLI::IsMember(&kHookModes).description(""))
      ->type_name("notify|configure")
      ->group(kGroup);
  app.add_option("--hook-timeout", a.hook_timeout, "It is killed after this time (30)")
      ->check(CLI::Range(1U, linux_::kHookPatienceSecondsMax).description(""))
      ->type_name("SECONDS")
      ->group(kGroup);
}

void add_behaviour_options(CLI::App& app, Arguments& a) {
  constexpr const char* kGroup = "Behaviour";
  app.add_flag("--once", a.once, "Exit when the first tunnel ends, or when none can be had")->group(kGroup);
  app.add_flag("--json", a.json, "Print one JSON object an event")->group(kGroup);
  app.add_flag("--check", a.check, "Say what would be done, and exit")->group(kGroup);
  app.add_option("--retry", a.retry, "Wait this long after the first failure, then longer, up to 300 (5)")
      ->check(CLI::Range(1, 300).description(""))
      ->type_name("SECONDS")
      ->group(kGroup);
  app.add_flag("--no-delete", a.no_delete, "Do not tell the server when stopping")->group(kGroup);
  auto* none = app.add_flag("--no-redirects", a.no_redirects, "Stay with the server that is given")->group(kGroup);
  app.add_option("--redirect-host", a.redirect_hosts, "Follow redirects only to this host, or .DOMAIN; may be repeated")
      ->type_name("HOST")
      ->allow_extra_args(false)
      ->group(kGroup)
      ->excludes(none);
  app.add_flag("--private-redirects", a.private_redirects,
               "Follow redirects to private and other addresses that are not of the Internet, too")
      ->group(kGroup);
  app.add_flag("--keep-order", a.keep_order, "Try servers in the order in which they are named, without measuring")
      ->group(kGroup);
  app.add_flag("--old-sequence", a.old_sequence, "Number messages as gogoc does, for very old servers")->group(kGroup);
}

std::expected<linux_::ClientOptions, Failure> read_config(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return std::unexpected(invalid(path + ": cannot be read"));
  auto conf = linux_::parse_gogoc_conf(text.str());
  if (!conf) return std::unexpected(invalid(path + ": " + conf.error()));
  for (const std::string& warning : conf->warnings) std::cerr << "tsp-connect: " << path << ": " << warning << '\n';
  return std::move(conf->options);
}

linux_::ClientOptions own_defaults(const Arguments& a) {
  linux_::ClientOptions options;
  options.negotiation.type = RequestedType::V6UdpV4;
  if (a.login) options.negotiation.mechanism = AuthMechanism::DigestMd5;
  return options;
}

template <class From, class To>
void override_with(const std::optional<From>& from, To& to) {
  if (from) to = *from;  // NOLINT(bugprone-optional-value-conversion): To may be no optional
}

std::optional<Failure> apply_to_host(const Arguments& a, linux_::HostOptions& host) {
  override_with(a.lan, host.lan);
  override_with(a.device, host.device);
  override_with(a.device, host.sit_device);
  override_with(a.mtu, host.mtu);
  if (a.no_default_route) host.default_route = false;
  if (a.no_mss_clamp) host.mss_clamp = false;
  override_with(a.hook, host.hook.program);
  if (a.hook_mode) host.hook.mode = kHookModes.at(*a.hook_mode);
  if (a.hook_timeout) host.hook.patience = std::chrono::seconds(*a.hook_timeout);
  if ((a.hook_mode || a.hook_timeout) && host.hook.program.empty()) return invalid("there is no hook; use --hook");
  return std::nullopt;
}

// In the place of all that the configuration file names.
std::optional<Failure> apply_servers(const std::vector<std::string>& names, client::ClientConfig& negotiation) {
  if (names.empty()) return std::nullopt;
  std::vector<client::ServerName> servers;
  for (const std::string& name : names) {
    const auto server = client::parse_server_name(name);
    if (!server) return invalid("--server " + name + ": HOST or HOST:PORT expected");
    servers.push_back(*server);
  }
  negotiation.server = servers.front();
  negotiation.more_servers.assign(servers.begin() + 1, servers.end());
  return std::nullopt;
}

std::optional<Failure> apply(const Arguments& a, linux_::ClientOptions& options) {
  client::ClientConfig& negotiation = options.negotiation;
  if (auto failure = apply_servers(a.servers, negotiation)) return failure;
  override_with(a.login, negotiation.login);
  if (a.mechanism) negotiation.mechanism = kMechanisms.at(*a.mechanism);
  if (a.type) negotiation.type = kTypes.at(*a.type);
  override_with(a.router, negotiation.router_prefix_length);
  override_with(a.keepalive, negotiation.keepalive_seconds);
  if (a.retry) negotiation.retry_min = std::chrono::seconds(*a.retry);
  if (!a.reverse_dns.empty()) negotiation.reverse_dns_servers = a.reverse_dns;
  negotiation.redirects.allowed_hosts = a.redirect_hosts;
  negotiation.redirects.allow_private = a.private_redirects;
  if (a.no_redirects) negotiation.redirects.hops_max = 0;
  if (a.old_sequence) negotiation.compatible_sequence = true;
  if (a.keep_order) negotiation.measure_distance = false;
  if (a.no_delete) negotiation.delete_on_stop = false;
  if (a.once) negotiation.once = true;
  if (auto failure = apply_to_host(a, options.host)) return failure;
  if (!options.host.lan.empty() && !negotiation.router_prefix_length) return invalid("--lan needs --router");
  return std::nullopt;
}

std::expected<std::string, std::string> ask_password(const std::string& login) {
  auto lines = linux_::ask_passwords({"Password of " + login + ": "});
  if (!lines) return std::unexpected(std::move(lines.error()));
  return std::move(lines->front());
}

std::optional<Failure> find_password(const Arguments& a, client::ClientConfig& negotiation) {
  if (negotiation.mechanism == AuthMechanism::Anonymous) return std::nullopt;
  if (a.password_file || a.password_fd || negotiation.password.empty()) {
    auto password = a.password_file ? linux_::read_password_file(*a.password_file)
                    : a.password_fd ? linux_::read_password_fd(*a.password_fd)
                                    : ask_password(negotiation.login);
    if (!password) return invalid(password.error());
    negotiation.password = std::move(*password);
  }
  return std::nullopt;
}

std::expected<Invocation, Failure> settle(const Arguments& a) {
  auto options = a.config.empty() ? own_defaults(a) : read_config(a.config);
  if (!options) return std::unexpected(options.error());
  if (auto failure = apply(a, *options)) return std::unexpected(std::move(*failure));
  client::ClientConfig& negotiation = options->negotiation;
  if (negotiation.server.host.empty()) return std::unexpected(invalid("no server is given; use --server"));
  if (const auto valid = linux_::validate_host(*options); !valid) return std::unexpected(invalid(valid.error()));
  if (auto failure = find_password(a, negotiation)) return std::unexpected(std::move(*failure));
  if (const auto valid = client::validate(negotiation); !valid) return std::unexpected(invalid(valid.error()));
  return Invocation{.options = std::move(*options), .json = a.json, .check = a.check};
}

}  // namespace

std::expected<Invocation, Failure> parse_command_line(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Connects this host, or the network behind it, to IPv6 through a tunnel broker (TSP, RFC 5572); with v4v6 to "
      "IPv4.",
      "tsp-connect");
  app.set_version_flag("--version", std::string("tsp-connect ") + TSP_VERSION);
  app.footer(kFooter);
  add_account_options(app, arguments);
  add_tunnel_options(app, arguments);
  add_hook_options(app, arguments);
  add_behaviour_options(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked_for = app.exit(error) == 0;
    return std::unexpected(Failure{asked_for ? ExitCode::Stopped : ExitCode::Configuration, ""});
  }
  return settle(arguments);
}

}  // namespace tsp::tsp_connect
