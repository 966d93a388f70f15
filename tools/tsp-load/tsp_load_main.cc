// SPDX-License-Identifier: Apache-2.0
#include <sys/signalfd.h>

#include <csignal>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>

#include "tools/tsp-load/command_line.h"
#include "tools/tsp-load/conformance/conformance.h"
#include "tools/tsp-load/hold.h"
#include "tools/tsp-load/storm.h"
#include "tools/tsp-load/udp_client_socket.h"

namespace {

using tsp::load::Command;
using tsp::load::CommandLine;
using tsp::load::ExitCode;
using tsp::load::FloodDirection;

ExitCode fail(const std::string& line) {
  std::cerr << "tsp-load: " << line << '\n';
  return ExitCode::Impossible;
}

// False: the file cannot be read, or is empty.
bool read_password(CommandLine& line) {
  if (line.swarm.mechanism == tsp::AuthMechanism::Anonymous && !line.conformance.account) return true;
  std::string& password = line.conformance.account ? line.conformance.account->password : line.swarm.password;
  std::ifstream file(line.password_file);
  return static_cast<bool>(std::getline(file, password));
}

ExitCode storm(const CommandLine& line) {
  auto report = tsp::load::run_storm(line.swarm);
  if (!report) return fail(report.error());
  std::cout << (line.json ? to_json(*report) : to_text(*report));
  return report->established == line.swarm.count ? ExitCode::Done : ExitCode::Incomplete;
}

// The signals that end the program are read from the descriptor from now on.
tsp::linux_::FileDescriptor catch_stop_signals() {
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
  return tsp::linux_::FileDescriptor(::signalfd(-1, &signals, SFD_CLOEXEC));
}

ExitCode hold(const CommandLine& line) {
  auto tunnels = tsp::load::HeldTunnels::establish(line.swarm);
  if (!tunnels) return fail(tunnels.error());
  const auto stop = catch_stop_signals();
  std::cout << tsp::load::to_json(tunnels->list()) << std::flush;
  tunnels->keep(line.keep, stop.get());
  return ExitCode::Done;
}

ExitCode flood(CommandLine& line) {
  std::ifstream file(line.tunnels_file);
  auto tunnels = tsp::load::parse_tunnels(std::string{std::istreambuf_iterator<char>(file), {}});
  if (!tunnels) return fail(line.tunnels_file + ": " + tunnels.error());
  if (line.tunnels_max != 0 && tunnels->size() > line.tunnels_max) tunnels->resize(line.tunnels_max);
  if (line.flood.direction == FloodDirection::Down && !line.untunnelled) {
    line.flood.sink.tunnel_port = tunnels->front().server.port;
  }
  line.flood.tunnels = std::move(*tunnels);
  const auto report = tsp::load::run_flood(line.flood);
  if (!report) return fail(report.error());
  std::cout << (line.json ? to_json(*report) : to_text(*report));
  return report->arrived > 0 ? ExitCode::Done : ExitCode::Incomplete;
}

ExitCode conformance(const CommandLine& line) {
  const auto report = tsp::load::conformance::run_conformance(line.conformance);
  if (!report) return fail(report.error());
  std::cout << (line.json ? to_json(*report) : to_text(*report));
  return report->count(tsp::load::conformance::Result::Fail) == 0 ? ExitCode::Done : ExitCode::Incomplete;
}

ExitCode run(int argc, char** argv) {
  auto line = tsp::load::parse_command_line(argc, argv);
  if (!line) return line.error();
  if (!read_password(*line))
    return fail("cannot read a password from '" + line->password_file + "' (--password-file, --password-fd)");
  tsp::load::raise_descriptor_limit();
  switch (line->command) {
    case Command::Storm:
      return storm(*line);
    case Command::Hold:
      return hold(*line);
    case Command::Flood:
      return flood(*line);
    case Command::Conformance:
      return conformance(*line);
  }
  return ExitCode::Usage;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    return static_cast<int>(fail(std::string("internal error: ") + error.what()));
  }
}
