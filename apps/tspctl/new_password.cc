// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/new_password.h"

#include <utility>

#include "adapters/linux/terminal/password.h"

namespace tsp::tspctl {

std::expected<std::string, Failure> new_password(std::optional<int> fd) {
  const auto invalid = [](std::string line) { return std::unexpected(Failure{ExitCode::Invalid, std::move(line)}); };
  if (fd) {
    auto password = linux_::read_password_fd(*fd);
    if (!password) return invalid(std::move(password.error()));
    return std::move(*password);
  }
  const auto lines = linux_::ask_passwords({"Password: ", "Again: "});
  if (!lines) return invalid(lines.error());
  if (lines->at(0) != lines->at(1)) return invalid("the passwords differ");
  return lines->at(0);
}

}  // namespace tsp::tspctl
