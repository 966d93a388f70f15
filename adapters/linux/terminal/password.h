// SPDX-License-Identifier: Apache-2.0
//
// Where programs get passwords from. Never from the command line, which every user of the host can read.
#pragma once

#include <expected>
#include <string>
#include <vector>

namespace tsp::linux_ {

// The whole content without its last line end. The error is a sentence.
[[nodiscard]] std::expected<std::string, std::string> read_password_file(const std::string& path);
// The same from an open descriptor, which the option --password-fd named.
[[nodiscard]] std::expected<std::string, std::string> read_password_fd(int fd);
// Asks on the terminal, without echo, for one line a prompt. A signal that ends or stops the program does so at once,
// and finds the terminal as it was; who continues is asked again from the first prompt.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> ask_passwords(
    const std::vector<std::string>& prompts);

}  // namespace tsp::linux_
