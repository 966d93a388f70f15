// SPDX-License-Identifier: Apache-2.0
//
// The broker daemon: the command line, and how it ends.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "adapters/linux/config/describe.h"
#include "adapters/linux/config/load.h"
#include "adapters/linux/config/reference.h"
#include "adapters/linux/control/log.h"
#include "adapters/linux/loop/daemon.h"
#include "adapters/linux/loop/host_outlook.h"
#include "core/base/assert.h"

namespace tsp {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "tspd: internal error: %s does not hold (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace tsp

namespace {

using tsp::linux_::DaemonConfig;
using tsp::linux_::ExitCode;

int to_int(ExitCode code) {
  return static_cast<int>(code);
}

void complain(const std::string& line) {
  std::cerr << "tspd: " << line << '\n';
}

// --check-config: what the configuration means, without touching anything.
void print_check(const DaemonConfig& config) {
  for (const std::string& line : tsp::linux_::describe_config(config)) std::cout << line << '\n';
  std::vector<std::string> warnings = tsp::linux_::config_warnings(config);
  for (std::string& line : tsp::linux_::host_outlook(config)) warnings.push_back(std::move(line));
  for (const std::string& line : warnings) std::cout << "warning: " << line << '\n';
  std::cout << "the configuration is valid\n";
}

int serve(const tsp::linux_::DaemonOptions& options, const DaemonConfig& config) {
  tsp::linux_::StandardErrorLog log(config.log);
  const auto daemon = tsp::linux_::Daemon::start(options, config, log);
  if (!daemon) {
    complain(daemon.error().line);
    return to_int(daemon.error().code);
  }
  (*daemon)->run();
  return to_int(ExitCode::Stopped);
}

int run(int argc, char** argv) {
  CLI::App app("The IPv6 tunnel broker daemon (TSP, RFC 5572).", "tspd");
  tsp::linux_::DaemonOptions options{.config_path = "/etc/tspd/tspd.toml", .version = TSP_VERSION};
  bool check = false;
  bool print_reference = false;
  bool foreground = false;
  app.set_version_flag("--version", std::string("tspd ") + TSP_VERSION);
  app.add_option("--config", options.config_path, "The configuration file")->capture_default_str()->type_name("FILE");
  app.add_flag("--check-config", check, "Say what the configuration means and what is wrong with it, and exit");
  app.add_flag("--foreground", foreground, "Stay in the foreground, which tspd always does");
  app.add_flag("--print-config-reference", print_reference, "Print the reference of all keys in Markdown, and exit");
  app.footer("Exit codes: 0 stopped, 1 configuration, 2 host, 3 store, 4 network, 5 internal error.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? to_int(ExitCode::Stopped) : to_int(ExitCode::Configuration);
  }
  if (print_reference) {
    std::cout << tsp::linux_::config_reference();
    return to_int(ExitCode::Stopped);
  }
  const auto config = tsp::linux_::load_config(options.config_path);
  if (!config) {
    for (const std::string& line : config.error()) complain(line);
    return to_int(ExitCode::Configuration);
  }
  if (check) {
    print_check(*config);
    return to_int(ExitCode::Stopped);
  }
  return serve(options, *config);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    complain(std::string("internal error: ") + error.what());
    return to_int(ExitCode::Internal);
  }
}
