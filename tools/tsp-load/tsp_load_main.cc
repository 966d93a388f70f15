// SPDX-License-Identifier: Apache-2.0
//
// The load generator: the command line, and how it ends.
#include <sys/signalfd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "tools/tsp-load/flood.h"
#include "tools/tsp-load/hold.h"
#include "tools/tsp-load/packet_sender.h"
#include "tools/tsp-load/packets.h"
#include "tools/tsp-load/storm.h"
#include "tools/tsp-load/udp_client_socket.h"

namespace {

using tsp::load::FloodDirection;
using tsp::load::FloodOptions;
using tsp::load::SwarmOptions;

enum ExitCode : int { kDone = 0, kIncomplete = 1, kUsage = 2, kImpossible = 3 };

constexpr unsigned kClientsMax = 200'000;
constexpr unsigned kSecondsMax = 86'400;

const std::map<std::string, tsp::AuthMechanism> kMechanisms{{"anonymous", tsp::AuthMechanism::Anonymous},
                                                            {"plain", tsp::AuthMechanism::Plain},
                                                            {"digest-md5", tsp::AuthMechanism::DigestMd5}};
const std::map<std::string, FloodDirection> kDirections{
    {"up", FloodDirection::Up}, {"down", FloodDirection::Down}, {"plain-up", FloodDirection::PlainUp}};

struct Arguments {
  SwarmOptions swarm;
  std::string password_file;
  unsigned seconds = 60;
  unsigned keep_seconds = 3600;
  FloodOptions flood;
  std::string tunnels_file;
  std::size_t tunnels_used = kClientsMax;
  bool down_untunnelled = false;
  bool json = false;
  std::function<int(Arguments&)> action;
};

int fail(const std::string& line) {
  std::cerr << "tsp-load: " << line << '\n';
  return kImpossible;
}

// ---- actions ------------------------------------------------------------------------------------------------------

// The first line of the file; none if it cannot be read.
std::optional<std::string> read_password(const std::string& path) {
  std::ifstream file(path);
  std::string password;
  if (!std::getline(file, password)) return std::nullopt;
  return password;
}

std::optional<std::string> complete(Arguments& a) {
  tsp::load::raise_descriptor_limit();
  a.swarm.time_limit = std::chrono::seconds(a.seconds);
  if (a.swarm.mechanism == tsp::AuthMechanism::Anonymous) return std::nullopt;
  const auto password = read_password(a.password_file);
  if (!password) return "cannot read a password from '" + a.password_file + "' (--password-file)";
  a.swarm.password = *password;
  return std::nullopt;
}

int storm(Arguments& a) {
  if (const auto problem = complete(a)) return fail(*problem);
  auto report = tsp::load::run_storm(a.swarm);
  if (!report) return fail(report.error());
  std::cout << (a.json ? to_json(*report) : to_text(*report));
  return report->established == a.swarm.count ? kDone : kIncomplete;
}

// Blocks the signals that end the program, and tells of them by a descriptor instead.
int stop_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return ::signalfd(-1, &signals, SFD_CLOEXEC);
}

int hold(Arguments& a) {
  if (const auto problem = complete(a)) return fail(*problem);
  auto tunnels = tsp::load::HeldTunnels::establish(a.swarm);
  if (!tunnels) return fail(tunnels.error());
  const tsp::linux_::FileDescriptor stop(stop_signals());
  std::cout << tsp::load::to_json(tunnels->list()) << std::flush;
  tunnels->keep(std::chrono::seconds(a.keep_seconds), stop.get());
  return kDone;
}

int flood(Arguments& a) {
  std::ifstream file(a.tunnels_file);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto tunnels = tsp::load::parse_tunnels(text);
  if (!tunnels) return fail(a.tunnels_file + ": " + tunnels.error());
  if (tunnels->size() > a.tunnels_used) tunnels->resize(a.tunnels_used);
  a.flood.time_limit = std::chrono::seconds(a.seconds);
  if (a.flood.direction == FloodDirection::Down && !a.down_untunnelled) {
    a.flood.sink.tunnel_port = tunnels->front().server.port;
  }
  a.flood.tunnels = std::move(*tunnels);
  const auto report = tsp::load::run_flood(a.flood);
  if (!report) return fail(report.error());
  std::cout << (a.json ? to_json(*report) : to_text(*report));
  return report->arrived > 0 ? kDone : kIncomplete;
}

// ---- the command line ---------------------------------------------------------------------------------------------

CLI::Option* add_address(CLI::App& app, const char* name, tsp::IPv6Address& target, const char* help) {
  const auto read = [&target](const std::string& text) {
    const auto address = tsp::parse_ipv6(text);
    if (address) target = *address;
    return address.has_value();
  };
  return app.add_option_function<std::string>(
      name,
      [read](const std::string& text) {
        if (!read(text)) throw CLI::ValidationError("'" + text + "' is no IPv6 address");
      },
      help);
}

void add_swarm_options(CLI::App& app, Arguments& a) {
  app.add_option_function<std::string>(
         "--server",
         [&a](const std::string& text) {
           const auto server = tsp::load::parse_endpoint(text);
           if (!server) throw CLI::ValidationError("--server: ADDRESS:PORT expected");
           a.swarm.server = *server;
         },
         "The broker")
      ->type_name("ADDRESS:PORT")
      ->required();
  app.add_option_function<std::string>(
         "--sources",
         [&a](const std::string& text) {
           const auto range = tsp::load::parse_source_range(text);
           if (!range) throw CLI::ValidationError("--sources: ADDRESS[/LENGTH] expected");
           a.swarm.sources = *range;
         },
         "Where the clients' outer addresses come from; all of 127.0.0.0/8 if not given")
      ->type_name("PREFIX");
  app.add_option("--auth", a.swarm.mechanism, "How they authenticate; anonymous if not given")
      ->transform(CLI::CheckedTransformer(kMechanisms).description(""))
      ->type_name("anonymous|plain|digest-md5");
  app.add_option("--login-prefix", a.swarm.login_prefix, "Client N has this login with N behind it")
      ->capture_default_str();
  app.add_option("--password-file", a.password_file, "A file with the password of all accounts")->type_name("FILE");
  app.add_option("--first", a.swarm.first, "The number of the first client")->capture_default_str();
  app.add_option("--count", a.swarm.count, "How many clients")
      ->check(CLI::Range(1U, kClientsMax))
      ->capture_default_str();
  app.add_option("--concurrency", a.swarm.concurrency, "How many are in the dialogue at a time")
      ->check(CLI::Range(1U, kClientsMax))
      ->capture_default_str();
  app.add_option("--seconds", a.seconds, "Nothing is begun after this time")
      ->check(CLI::Range(1U, kSecondsMax))
      ->capture_default_str();
}

void add_flood_options(CLI::App& app, Arguments& a) {
  app.add_option("DIRECTION", a.flood.direction, "up or down the tunnels; plain-up: from inner addresses, untunnelled")
      ->transform(CLI::CheckedTransformer(kDirections).description(""))
      ->type_name("up|down|plain-up")
      ->required();
  app.add_option("--tunnels", a.tunnels_file, "What `tsp-load hold` has printed")->type_name("FILE")->required();
  add_address(app, "--peer", a.flood.peer, "The host behind the broker")->type_name("IPV6-ADDRESS")->required();
  app.add_option("--sink", a.flood.sink.interface, "Where the packets arrive and are counted")
      ->type_name("INTERFACE")
      ->required();
  app.add_option("--sink-netns", a.flood.sink.network_namespace, "The network namespace of that interface")
      ->type_name("NAME");
  app.add_flag("--untunnelled", a.down_untunnelled, "What goes down arrives without tunnels, for comparison");
  app.add_option("--use", a.tunnels_used, "Only so many of the tunnels")->check(CLI::Range(1U, kClientsMax));
  app.add_option("--size", a.flood.size, "Of an inner packet in bytes")
      ->check(CLI::Range(static_cast<unsigned>(tsp::load::kFloodSizeMin) + 1, 1472U))
      ->capture_default_str();
  app.add_option("--burst", a.flood.burst, "Packets of one tunnel in a row")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  app.add_option("--window", a.flood.window, "Packets under way at a time")
      ->check(CLI::Range(static_cast<unsigned>(tsp::load::PacketSender::kBatch), 8192U))
      ->capture_default_str();
  app.add_option("--count", a.flood.count, "How many packets; as many as the time allows if not given");
  app.add_option("--seconds", a.seconds, "How long")->check(CLI::Range(1U, kSecondsMax))->capture_default_str();
}

CLI::App& add_command(CLI::App& app, Arguments& a, const char* name, const char* help, int (*action)(Arguments&)) {
  CLI::App& command = *app.add_subcommand(name, help);
  command.callback([&a, action] { a.action = action; });
  return command;
}

int run(int argc, char** argv) {
  CLI::App app("Load for a tunnel broker: set-up storms, held tunnels, packet floods.", "tsp-load");
  Arguments a;
  app.set_version_flag("--version", std::string("tsp-load ") + TSP_VERSION);
  app.require_subcommand(1);
  CLI::App& storm_command = add_command(app, a, "storm", "Sets up tunnels and says how many a second", storm);
  add_swarm_options(storm_command, a);
  storm_command.add_flag("--json", a.json, "Print one JSON object");
  CLI::App& hold_command = add_command(app, a, "hold", "Sets up tunnels, prints them as JSON, and keeps them", hold);
  add_swarm_options(hold_command, a);
  hold_command.add_option("--keep", a.keep_seconds, "How long, in seconds, unless a signal ends it")
      ->check(CLI::Range(1U, kSecondsMax))
      ->capture_default_str();
  CLI::App& flood_command = add_command(app, a, "flood", "Sends packets through held tunnels (needs root)", flood);
  add_flood_options(flood_command, a);
  flood_command.add_flag("--json", a.json, "Print one JSON object");
  app.footer("Exit codes: 0 done, 1 not all clients got a tunnel or nothing arrived, 2 command line, 3 not possible.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  return a.action(a);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    return fail(std::string("internal error: ") + error.what());
  }
}
