// SPDX-License-Identifier: Apache-2.0
//
// The client for Linux hosts and routers: puts the parts together, and ends.
#include <sys/random.h>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>

#include "adapters/linux/client/client_loop.h"
#include "adapters/linux/client/host_setup.h"
#include "apps/tsp-connect/command_line.h"
#include "apps/tsp-connect/hook_report.h"
#include "apps/tsp-connect/report.h"
#include "core/base/assert.h"

namespace tsp {

void assertion_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "tsp-connect: internal error: %s does not hold (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace tsp

namespace {

using tsp::tsp_connect::ExitCode;
using tsp::tsp_connect::Invocation;

void complain(const std::string& line) {
  if (!line.empty()) std::cerr << "tsp-connect: " << line << '\n';
}

tsp::Seed make_seed() {
  tsp::Seed seed{};
  // At most 256 bytes are given whole, or not at all.
  if (getrandom(seed.data(), seed.size(), 0) != static_cast<ssize_t>(seed.size())) std::abort();
  return seed;
}

ExitCode connect(const Invocation& invocation) {
  auto host = tsp::linux_::HostSetup::open(invocation.options.host);
  if (!host) {
    complain(host.error());
    return ExitCode::Host;
  }
  tsp::linux_::HostSetup& setup = **host;
  const tsp::client::ClientConfig& negotiation = invocation.options.negotiation;
  asio::io_context io;
  const auto report = [&](const tsp::client::Report& what) {
    std::cout << (invocation.json ? tsp::tsp_connect::report_json(what, setup.options())
                                  : tsp::tsp_connect::report_text(what, setup.done(), negotiation))
              << std::flush;
  };
  const auto report_hook = [&](const tsp::linux_::HookResult& result) {
    std::cout << (invocation.json ? tsp::tsp_connect::hook_json(result) : tsp::tsp_connect::hook_text(result))
              << std::flush;
  };
  tsp::linux_::ClientLoop loop(io, negotiation, setup, make_seed(), {.report = report, .hook = report_hook});
  asio::signal_set signals(io, SIGINT, SIGTERM, SIGHUP);
  signals.async_wait([&](const asio::error_code& error, int) {
    if (!error) loop.stop();
  });
  io.run();
  signals.clear();  // a name lookup cannot be cancelled: a second signal ends the wait for it
  return tsp::tsp_connect::exit_code(*loop.finished());
}

ExitCode run(int argc, char** argv) {
  const auto invocation = tsp::tsp_connect::parse_command_line(argc, argv);
  if (!invocation) {
    complain(invocation.error().line);
    return invocation.error().code;
  }
  if (invocation->check) {
    std::cout << tsp::tsp_connect::describe(invocation->options);
    return ExitCode::Stopped;
  }
  std::signal(SIGPIPE, SIG_IGN);
  return connect(*invocation);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    complain(std::string("internal error: ") + error.what());
    return static_cast<int>(ExitCode::Internal);
  }
}
