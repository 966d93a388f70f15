// SPDX-License-Identifier: Apache-2.0
//
// However a run dies, its last words are the command that repeats it.
#pragma once

#include <string>
#include <string_view>

namespace tsp::broker_sim {

// For this process, once: assertions, signals such as SIGSEGV, exceptions that nobody catches, and a run that uses more
// than five minutes of processor time end it with "FAILED: …", the replay command, and exit code 10.
void prepare_for_death();

// The run that begins now. Its time begins anew.
void begin_run(const std::string& replay_command);
[[nodiscard]] std::string_view present_run();

// Where a short description of a death is written besides, as a parent wants it; then nothing is printed.
void report_death_to(int descriptor);

}  // namespace tsp::broker_sim
