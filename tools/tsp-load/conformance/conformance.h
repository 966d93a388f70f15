// SPDX-License-Identifier: Apache-2.0
//
// Asks a TSP server what it does, statement by statement of docs/internals/rfc5572.md, over UDP and TCP. It needs
// nothing of the server but a few sessions and, for most of it, a tunnel for an anonymous client or an account.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "tools/tsp-load/conformance/check.h"

namespace tsp::load::conformance {

struct Options {
  Endpoint server;
  std::optional<Account> account{};
};

enum class Result : std::uint8_t { Pass, Fail, NotTested };

struct Verdict {
  Check check;
  Result result = Result::NotTested;
  std::string why{};  // what happened, or what could not be seen
};

struct Report {
  Endpoint server;
  std::vector<Verdict> verdicts{};  // in the order of their numbers

  [[nodiscard]] std::size_t count(Result result) const;
};

// All checks there are, in the order of their numbers.
[[nodiscard]] std::vector<Check> all_checks();
[[nodiscard]] Verdict ask(const Check& check, const Target& target);

// Error: the server cannot be asked; one line.
[[nodiscard]] std::expected<Report, std::string> run_conformance(const Options& options);

// A table, and a last line with the sums.
[[nodiscard]] std::string to_text(const Report& report);
[[nodiscard]] std::string to_json(const Report& report);

}  // namespace tsp::load::conformance
