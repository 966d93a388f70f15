// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/command_line.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <random>
#include <string_view>

#include "adapters/sim/run/run_options.h"

namespace tsp::broker_sim {
namespace {

constexpr const char* kFooter = R"(
One seed says everything: who takes part, what goes wrong and when, and every delay. Without --seed one is drawn and
printed. The last line of a failure is the command that repeats it.

Exit codes: 0 passed, 2 command line, 10 an assertion did not hold, 11 something that must come to be did not,
12 something happened that must not.)";

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<unsigned> parse_number(std::string_view text) {
  return parse<unsigned>(text);
}

std::optional<std::uint64_t> parse_seed(std::string_view text) {
  return parse<std::uint64_t>(text);
}

std::string preset_names() {
  std::string names;
  for (const std::string_view name : sim::kPresets) names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

}  // namespace

std::optional<std::set<unsigned>> parse_numbers(std::string_view text) {
  std::set<unsigned> numbers;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const std::size_t dash = item.find('-');
    const auto first = parse_number(item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number(item.substr(dash + 1));
    if (!first || !last || *last < *first || *last > 100'000) return std::nullopt;
    for (unsigned number = *first; number <= *last; ++number) numbers.insert(number);
  }
  return numbers;
}

std::string to_text(const std::set<unsigned>& numbers) {
  std::string text;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first;
    while (std::next(last) != numbers.end() && *std::next(last) == *last + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(*first);
    if (last != first) text += "-" + std::to_string(*last);
    first = std::next(last);
  }
  return text;
}

std::string replay_command(std::uint64_t seed, const std::string& preset,
                           const std::optional<std::set<unsigned>>& keep) {
  std::string command = "broker-sim --seed " + std::to_string(seed) + " --preset " + preset;
  if (keep) command += " --keep " + (keep->empty() ? "none" : to_text(*keep));
  return command;
}

std::expected<CommandLine, ExitCode> parse_command_line(int argc, char** argv) {
  CommandLine line;
  CLI::App app("Runs the broker in simulated worlds and finds what goes wrong in them.", "broker-sim");
  app.footer(kFooter);
  std::string seed_text;
  std::string keep;
  bool swarm = false;
  bool lite = false;
  auto* preset = app.add_option("--preset", line.preset, "One of " + preset_names() + " [swarm]")
                     ->type_name("NAME")
                     ->check(CLI::IsMember(std::vector<std::string>(sim::kPresets.begin(), sim::kPresets.end())));
  app.add_option("--seed", seed_text, "The seed, of the first run if there are several")->type_name("N");
  app.add_flag("--swarm", swarm, "Some faults and clients left out, the others extreme: --preset swarm")
      ->excludes(preset);
  app.add_flag("--lite", lite, "Crashes only, and much traffic: --preset lite")->excludes(preset)->excludes("--swarm");
  app.add_flag("--mix", line.mix, "Another preset for each seed")
      ->excludes(preset)
      ->excludes("--swarm")
      ->excludes("--lite");
  const CLI::Range some(std::uint64_t{1}, std::uint64_t{1'000'000'000}, "1 to 1000000000");
  auto* runs = app.add_option("--runs", line.runs, "So many seeds, one after the other")->type_name("N")->check(some);
  auto* time = app.add_option("--seconds", line.seconds, "Begin new runs for so long")->type_name("N")->check(some);
  app.add_option("--until", line.until_step, "End after that step")->type_name("STEP");
  app.add_option("--keep", keep, "Only the misfortunes with these numbers befall")->type_name("1,4-7");
  // Of one run: nobody could tell where the next one begins.
  app.add_flag("--trace", line.trace, "Print everything that happens, a line each")->excludes(runs)->excludes(time);
  app.add_option("--pcap", line.pcap, "Write all datagrams as the broker saw them")
      ->type_name("FILE")
      ->excludes(runs)
      ->excludes(time);
  app.add_flag("--minimize", line.minimize, "After a failure, find the fewest misfortunes that lead to it");
  app.add_option("--regressions", line.regressions, "Repeat the runs that this file lists")
      ->type_name("FILE")
      ->excludes(preset)
      ->excludes("--seed")
      ->excludes("--swarm")
      ->excludes("--lite")
      ->excludes("--mix")
      ->excludes(runs)
      ->excludes(time);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error) == 0 ? ExitCode::Passed : ExitCode::Usage);
  }
  if (lite) line.preset = "lite";
  if (!keep.empty() || app.count("--keep") > 0) {
    line.keep = parse_numbers(keep == "none" ? "" : keep);
    if (!line.keep) {
      std::cerr << "broker-sim: --keep: expected numbers and ranges such as 1,4-7, or none, not '" << keep << "'\n";
      return std::unexpected(ExitCode::Usage);
    }
  }
  const auto seed = parse_seed(seed_text);
  if (!seed_text.empty() && !seed) {
    std::cerr << "broker-sim: --seed: expected a number from 0 to 18446744073709551615, not '" << seed_text << "'\n";
    return std::unexpected(ExitCode::Usage);
  }
  // Few digits, to be read aloud.
  line.seed = seed ? *seed : std::random_device{}() % 1'000'000'000;
  return line;
}

}  // namespace tsp::broker_sim
