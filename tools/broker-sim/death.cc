// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/death.h"

#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>

#include "core/base/assert.h"
#include "tools/broker-sim/command_line.h"

namespace tsp::broker_sim {
namespace {

constexpr time_t kProcessorSeconds = 300;

// Filled in before anything can go wrong: a signal handler may do no more than write it.
std::array<char, 512> run_text{};
std::size_t run_size = 0;
int parent = -1;

// Safe in a signal handler.
void say(int descriptor, std::string_view text) {
  [[maybe_unused]] const ssize_t ignored = write(descriptor, text.data(), text.size());
}

[[noreturn]] void die(std::string_view why) {
  if (parent >= 0) {
    say(parent, why);
  } else {
    say(STDOUT_FILENO, "FAILED: ");
    say(STDOUT_FILENO, why);
    say(STDOUT_FILENO, "\n");
    say(STDOUT_FILENO, present_run());
    say(STDOUT_FILENO, "\n");
  }
  std::_Exit(static_cast<int>(ExitCode::Crashed));
}

void on_signal(int number) {
  switch (number) {
    case SIGSEGV:
      die("SIGSEGV");
    case SIGBUS:
      die("SIGBUS");
    case SIGFPE:
      die("SIGFPE");
    case SIGILL:
      die("SIGILL");
    case SIGPROF:
      die("it does not come to an end");
    default:
      die("SIGABRT");
  }
}

[[noreturn]] void on_terminate() {
  std::cout.flush();
  std::string what = "an exception that nobody catches";
  try {
    if (const auto error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::exception& error) {
    what += std::string(": ") + error.what();
  } catch (...) {
    what += ", which is no std::exception";
  }
  die(what);
}

}  // namespace

void prepare_for_death() {
  std::set_terminate(on_terminate);
  // A stack that has run over leaves no room for the handler.
  static std::array<char, 65'536> stack;
  const stack_t alternative{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
  sigaltstack(&alternative, nullptr);
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_ONSTACK;
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPROF}) sigaction(number, &action, nullptr);
}

void begin_run(const std::string& replay_command) {
  std::cout.flush();
  std::fflush(stdout);
  run_size = std::min(replay_command.size(), run_text.size());
  std::memcpy(run_text.data(), replay_command.data(), run_size);
  const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = kProcessorSeconds, .tv_usec = 0}};
  setitimer(ITIMER_PROF, &limit, nullptr);
}

std::string_view present_run() {
  return {run_text.data(), run_size};
}

void report_death_to(int descriptor) {
  parent = descriptor;
}

}  // namespace tsp::broker_sim

namespace tsp {

void assertion_failed(const char* expression, const char* file, int line) {
  std::cout.flush();
  broker_sim::die(std::string("an assertion does not hold: ") + expression + " (" + file + ":" + std::to_string(line) +
                  ")");
}

}  // namespace tsp
