// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tsp::linux_ {

// "add, show, list"; empty: it has none.
[[nodiscard]] std::string subcommands_of(const CLI::App& app);
// Parses the command line of a program that needs a subcommand, on each level that has some. Throws CLI::ParseError as
// the library does, but names the word that is no subcommand, and those there are.
void parse_subcommands(CLI::App& app, int argc, char** argv);

}  // namespace tsp::linux_
