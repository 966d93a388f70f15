// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/terminal/subcommands.h"

#include <algorithm>
#include <vector>

namespace tsp::linux_ {
namespace {

// Empty: something else is wrong, or nothing.
std::string fault_of(const CLI::App& app, const std::string& path, const std::vector<std::string>& extra_words) {
  for (const CLI::App* chosen : app.get_subcommands()) {
    return fault_of(*chosen, path + " " + chosen->get_name(), extra_words);
  }
  const std::string names = subcommands_of(app);
  if (names.empty()) return {};
  if (extra_words.empty()) return path + ": expected one of " + names;
  const std::string& word = extra_words.front();
  if (word.starts_with("-")) return {};
  return path + ": '" + word + "' is no subcommand; expected one of " + names;
}

}  // namespace

std::string subcommands_of(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  return names;
}

void parse_subcommands(CLI::App& app, int argc, char** argv) {
  app.allow_extras()->parse(argc, argv);
  std::vector<std::string> extra_words = app.remaining(true);
  // The library leaves the mark of the end of options here, and does not mind it itself.
  const auto mark = std::ranges::find(extra_words, "--");
  if (mark != extra_words.end()) extra_words.erase(mark);
  const std::string fault = fault_of(app, app.get_name(), extra_words);
  if (!fault.empty()) throw CLI::ParseError(fault, CLI::ExitCodes::RequiredError);
  if (!extra_words.empty()) throw CLI::ExtrasError(extra_words);
}

}  // namespace tsp::linux_
