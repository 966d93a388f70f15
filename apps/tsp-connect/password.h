// SPDX-License-Identifier: Apache-2.0
//
// Passwords never come from the command line, which every user of the host can read.
#pragma once

#include <expected>
#include <string>

namespace tsp::tsp_connect {

// The whole file or descriptor, without a last line end. Error: one line.
[[nodiscard]] std::expected<std::string, std::string> read_password_file(const std::string& path);
[[nodiscard]] std::expected<std::string, std::string> read_password_fd(int fd);
// Asked for on the terminal, without echo.
[[nodiscard]] std::expected<std::string, std::string> ask_password(const std::string& prompt);

}  // namespace tsp::tsp_connect
