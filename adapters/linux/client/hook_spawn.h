// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>
#include <vector>

namespace tsp::linux_ {

// Starts a program directly, without a shell: without arguments, with nothing but that environment ("NAME=VALUE"), in
// "/", in a process group of its own (whose number is its process number), with default signals, /dev/null to read,
// `output` for what it writes, and no other descriptor. Error: one line.
[[nodiscard]] std::expected<pid_t, std::string> spawn_hook(const std::string& program,
                                                           const std::vector<std::string>& environment, int output);

}  // namespace tsp::linux_
