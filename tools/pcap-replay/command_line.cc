// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/command_line.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>

#include "tools/tsp-load/tunnel_list.h"

namespace tsp::replay {
namespace {

constexpr const char* kFooter = R"(
NAME.expect beside NAME.pcap says what is expected, and which accounts there are. Without --server the client's side is
played before the core, with the times of the capture. With it, it is played before a live broker over UDP: nonces,
realms and inner addresses become those of that broker; only the outcomes are compared, and TCP is left out.

Exit codes: 0 as expected, 1 different, 2 command line, 3 a file that cannot be read.)";

std::unexpected<ExitCode> usage_error(const std::string& what) {
  std::cerr << "pcap-replay: " << what << '\n';
  return std::unexpected(ExitCode::Usage);
}

}  // namespace

std::expected<CommandLine, ExitCode> parse_command_line(int argc, char** argv) {
  CommandLine line;
  CLI::App app("Replays the client's side of captured TSP conversations.", "pcap-replay");
  app.footer(kFooter);
  std::vector<std::string> accounts;
  std::string server;
  double pause_max_seconds = 5;
  app.add_option("CAPTURE", line.paths, "NAME.pcap, or a folder of them")->required();
  auto* update = app.add_flag("--update", line.update, "Write what is found into NAME.expect, for review");
  app.add_flag("--print", line.print, "Print what is found");
  app.add_option("--account", accounts,
                 "An account besides those in NAME.expect; the password is the file's first line")
      ->type_name("LOGIN:PASSWORDFILE")
      ->allow_extra_args(false);
  auto* live =
      app.add_option("--server", server, "Play before this broker")->type_name("ADDRESS:PORT")->excludes(update);
  app.add_option("--pause-max", pause_max_seconds, "With --server, shorten longer pauses to that")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 3600.0))
      ->needs(live)
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error) == 0 ? ExitCode::AsExpected : ExitCode::Usage);
  }
  line.pause_max = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(pause_max_seconds));
  if (!server.empty()) {
    line.server = load::parse_endpoint(server);
    if (!line.server || !line.server->is_ipv4()) {
      return usage_error("--server: expected an IPv4 address and a port such as 192.0.2.1:3653, not '" + server + "'");
    }
  }
  for (const std::string& account : accounts) {
    const std::size_t colon = account.find(':');
    if (colon == 0 || colon == std::string::npos) {
      return usage_error("--account: expected LOGIN:PASSWORDFILE, not '" + account + "'");
    }
    std::ifstream file(account.substr(colon + 1));
    std::string password;
    if (!std::getline(file, password)) return usage_error("--account: no password in " + account.substr(colon + 1));
    line.accounts.insert_or_assign(account.substr(0, colon), password);
  }
  return line;
}

}  // namespace tsp::replay
