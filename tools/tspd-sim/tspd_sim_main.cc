// SPDX-License-Identifier: Apache-2.0
//
// tspd for tests: the daemon as it is, on a simulated host (simulated_host.h) whose time and faults the test decides
// (test_requests.h). usage: tspd-sim CONFIG
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <string_view>

#include "adapters/linux/config/load.h"
#include "adapters/linux/control/log.h"
#include "adapters/linux/loop/daemon.h"
#include "core/base/assert.h"
#include "tools/tspd-sim/simulated_host.h"
#include "tools/tspd-sim/test_requests.h"

namespace tsp {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "tspd-sim: internal error: %s does not hold (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace tsp

namespace {

using tsp::linux_::ExitCode;

int serve(const std::string& config_path, const tsp::linux_::DaemonConfig& config) {
  const tsp::linux_::OpenParts open_parts = [](const tsp::linux_::DaemonConfig& given, asio::io_context& io,
                                               const tsp::linux_::DaemonSinks& sinks,
                                               tsp::linux_::InheritedDescriptors& inherited) {
    const auto host = std::make_shared<tsp::tspd_sim::SimulatedHost>(io);
    auto parts = host->open(given, sinks, inherited);
    if (parts) {
      parts->other_requests = [host, &io](const tsp::linux_::ApiRequest& request) {
        return tsp::tspd_sim::answer_test(request, io, *host);
      };
    }
    return parts;
  };
  tsp::linux_::StandardErrorLog log(config.log);
  const auto daemon =
      tsp::linux_::Daemon::start({.config_path = config_path, .version = "simulated"}, config, log, open_parts);
  if (!daemon) {
    std::cerr << "tspd-sim: " << daemon.error().line << '\n';
    return static_cast<int>(daemon.error().code);
  }
  (*daemon)->run();
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) try {
  const bool asks_for_help = argc == 2 && std::string_view(argv[1]) == "--help";
  if (argc != 2 || asks_for_help) {
    (asks_for_help ? std::cout : std::cerr) << "usage: tspd-sim CONFIG\n";
    return asks_for_help ? EXIT_SUCCESS : static_cast<int>(ExitCode::Configuration);
  }
  const auto config = tsp::linux_::load_config(argv[1]);
  if (!config) {
    for (const std::string& line : config.error()) std::cerr << "tspd-sim: " << line << '\n';
    return static_cast<int>(ExitCode::Configuration);
  }
  return serve(argv[1], *config);
} catch (const std::exception& error) {
  std::cerr << "tspd-sim: internal error: " << error.what() << '\n';
  return static_cast<int>(ExitCode::Internal);
}
