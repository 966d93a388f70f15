// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/command_line.h"

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>

#include "adapters/linux/terminal/subcommands.h"
#include "core/client/server_name.h"
#include "tools/tsp-load/packet_sender.h"
#include "tools/tsp-load/packets.h"

namespace tsp::load {
namespace {

constexpr unsigned kClientsMax = 200'000;
constexpr unsigned kSecondsMax = 86'400;
constexpr unsigned kBurstMax = 1'000'000;
constexpr unsigned kWindowMax = 8192;
constexpr unsigned kSizeMax = 1472;  // what fits into a tunnel over a path of 1500

const std::map<std::string, AuthMechanism> kMechanisms{
    {"anonymous", AuthMechanism::Anonymous}, {"plain", AuthMechanism::Plain}, {"digest-md5", AuthMechanism::DigestMd5}};
const std::map<std::string, FloodDirection> kDirections{
    {"up", FloodDirection::Up}, {"down", FloodDirection::Down}, {"plain-up", FloodDirection::PlainUp}};

constexpr const char* kFooter = R"(Examples:
  tsp-load storm --server 127.0.0.1:3653 --count 5000
  tsp-load hold --server 203.0.113.2:3653 --sources 10.80.0.0/16 --count 1000 >tunnels.json
  tsp-load flood up --tunnels tunnels.json --peer 2001:db8:ffff::2 --sink eth0 --sink-netns host6 --seconds 5
  tsp-load conformance --server 203.0.113.2 --login alice --password-fd 3 3<alice.password
  tsp-load conformance --server [2001:db8::2]:3653

Outer addresses beyond 127.0.0.0/8 have to be local: ip route add local 10.80.0.0/16 dev lo

Exit codes: 0 done, 1 not every client got a tunnel, nothing arrived, or the server failed, 2 command line,
3 not possible.)";

// An option whose text `parse` turns into the value, or refuses.
template <class Value, class Target>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, Target& value,
                        std::optional<Value> (*parse)(std::string_view), const char* form, const char* help) {
  const auto read = [&value, parse, name, form](const std::string& text) {
    const auto parsed = parse(text);
    if (!parsed) throw CLI::ValidationError(name, "'" + text + "' is not of the form " + form);
    value = *parsed;
  };
  return app.add_option_function<std::string>(name, read, help)->type_name(form);
}

// Of either version of IP. The port is that of TSP unless it is given.
std::optional<Endpoint> parse_server(std::string_view text) {
  const auto server = client::parse_server_name(text);
  const auto address = server ? client::literal_address(*server) : std::nullopt;
  if (!address) return std::nullopt;
  return Endpoint{*address, server->port};
}

CLI::Option* add_seconds(CLI::App& app, const std::string& name, Duration& value, const char* help) {
  const auto read = [&value](unsigned seconds) { value = std::chrono::seconds(seconds); };
  const auto present = std::chrono::duration_cast<std::chrono::seconds>(value).count();
  return app.add_option_function<unsigned>(name, read, help + (" [" + std::to_string(present) + "]"))
      ->check(CLI::Range(1U, kSecondsMax))
      ->type_name("SECONDS");
}

void add_client_options(CLI::App& app, CommandLine& line) {
  SwarmOptions& swarm = line.swarm;
  add_parsed(app, "--server", swarm.server, parse_endpoint, "ADDRESS:PORT", "The broker")->required();
  add_parsed(app, "--sources", swarm.sources, parse_source_range, "ADDRESS[/LENGTH]",
             "The clients' outer addresses [127.0.0.0/8]");
  app.add_option("--auth", swarm.mechanism, "How they authenticate [anonymous]")
      ->transform(CLI::CheckedTransformer(kMechanisms).description(""))
      ->type_name("anonymous|plain|digest-md5");
  app.add_option("--login-prefix", swarm.login_prefix, "Client N has the login that is made of this and N")
      ->capture_default_str();
  app.add_option("--password-file", line.password_file, "Its first line is the password of all accounts")
      ->type_name("FILE");
  app.add_option("--first", swarm.first, "The number of the first client")->capture_default_str();
  const CLI::Range clients(1U, kClientsMax);
  app.add_option("--count", swarm.count, "How many clients")->check(clients)->capture_default_str();
  app.add_option("--concurrency", swarm.concurrency, "How many of them talk to the broker at a time")
      ->check(clients)
      ->capture_default_str();
  add_seconds(app, "--seconds", swarm.time_limit, "No client begins after this time");
}

void add_flood_options(CLI::App& app, CommandLine& line) {
  FloodOptions& flood = line.flood;
  app.add_option("DIRECTION", flood.direction,
                 "up or down the tunnels; plain-up: from the inner addresses, without tunnels")
      ->transform(CLI::CheckedTransformer(kDirections).description(""))
      ->type_name("up|down|plain-up")
      ->required();
  app.add_option("--tunnels", line.tunnels_file, "What `tsp-load hold` has printed")->type_name("FILE")->required();
  app.add_option("--use", line.tunnels_max, "Only so many of the tunnels [all]")->check(CLI::Range(1U, kClientsMax));
  add_parsed(app, "--peer", flood.peer, parse_ipv6, "IPV6-ADDRESS", "The host behind the broker")->required();
  add_parsed(app, "--next-hop", flood.next_hop, parse_next_hop, "INTERFACE/MAC",
             "Send straight to this neighbour, which costs half [the kernel routes]");
  app.add_option("--sink", flood.sink.interface, "Where the packets arrive and are counted")
      ->type_name("INTERFACE")
      ->required();
  app.add_option("--sink-netns", flood.sink.network_namespace, "The network namespace of that interface")
      ->type_name("NAME");
  app.add_flag("--untunnelled", line.untunnelled, "What goes down arrives without tunnels");
  app.add_option("--size", flood.size, "Bytes of an inner packet")
      ->check(CLI::Range(static_cast<unsigned>(kFloodSizeMin), kSizeMax))
      ->capture_default_str();
  app.add_option("--burst", flood.burst, "Packets of one tunnel in a row")
      ->check(CLI::Range(1U, kBurstMax))
      ->capture_default_str();
  app.add_option("--window", flood.window, "Packets under way at a time")
      ->check(CLI::Range(static_cast<unsigned>(PacketSender::kBatch), kWindowMax))
      ->capture_default_str();
  app.add_option("--count", flood.count, "How many packets [as many as the time allows]");
  add_seconds(app, "--seconds", flood.time_limit, "How long");
}

void add_conformance_options(CLI::App& app, CommandLine& line) {
  add_parsed(app, "--server", line.conformance.server, parse_server, "ADDRESS[:PORT]|[IPV6-ADDRESS]:PORT", "The server")
      ->required();
  const auto set_login = [&line](const std::string& login) { line.conformance.account.emplace().login = login; };
  CLI::Option* login = app.add_option_function<std::string>("--login", set_login, "An account of the server");
  const auto set_descriptor = [&line](unsigned fd) { line.password_file = "/dev/fd/" + std::to_string(fd); };
  CLI::Option* password =
      app.add_option_function<unsigned>("--password-fd", set_descriptor, "Where its password is read from");
  login->type_name("NAME")->needs(password);
  password->type_name("N")->needs(login);
}

CLI::App& add_command(CLI::App& app, CommandLine& line, const char* name, Command command, const char* help) {
  CLI::App& added = *app.add_subcommand(name, help);
  added.callback([&line, command] { line.command = command; });
  return added;
}

}  // namespace

std::expected<CommandLine, ExitCode> parse_command_line(int argc, char** argv) {
  CommandLine line;
  CLI::App app("Load and questions for a tunnel broker.", "tsp-load");
  app.set_version_flag("--version", std::string("tsp-load ") + TSP_VERSION);
  app.footer(kFooter);
  CLI::App& storm = add_command(app, line, "storm", Command::Storm, "Sets up tunnels and says how many a second");
  add_client_options(storm, line);
  storm.add_flag("--json", line.json, "Print one JSON object");
  CLI::App& hold = add_command(app, line, "hold", Command::Hold, "Sets up tunnels, prints them as JSON, keeps them");
  add_client_options(hold, line);
  add_seconds(hold, "--keep", line.keep, "How long, unless a signal ends it");
  CLI::App& flood = add_command(app, line, "flood", Command::Flood, "Sends packets through held tunnels, as root");
  add_flood_options(flood, line);
  flood.add_flag("--json", line.json, "Print one JSON object");
  CLI::App& conformance =
      add_command(app, line, "conformance", Command::Conformance, "Asks a server what it does, statement by statement");
  add_conformance_options(conformance, line);
  conformance.add_flag("--json", line.json, "Print one JSON object");
  try {
    linux_::parse_subcommands(app, argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error) == 0 ? ExitCode::Done : ExitCode::Usage);
  }
  return line;
}

}  // namespace tsp::load
