// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "tools/pcap-replay/command_line.h"
#include "tools/pcap-replay/live_stage.h"
#include "tools/pcap-replay/player.h"
#include "tools/pcap-replay/replay.h"

namespace {

using namespace tsp::replay;

ExitCode unreadable(const std::string& why) {
  std::cerr << "pcap-replay: " << why << '\n';
  return ExitCode::Unreadable;
}

void print(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::cout << "  " << line << '\n';
}

ExitCode report(const std::string& pcap, const std::vector<std::string>& differing) {
  std::cout << pcap << ": " << (differing.empty() ? "as expected" : "DIFFERENT") << '\n';
  print(differing);
  return differing.empty() ? ExitCode::AsExpected : ExitCode::Different;
}

ExitCode replay_before_core(const std::string& pcap, Expectation& expectation, bool known, const CommandLine& line) {
  const auto replay = replay_into_core(pcap, expectation);
  if (!replay) return unreadable(replay.error());
  const std::vector<std::string> found = lines_of(replay->conversation, replay->transcript);
  if (line.print) print(found);
  if (replay->violation) return report(pcap, {"what must hold does not: " + *replay->violation});
  if (!line.update) return known ? report(pcap, differences(expectation.lines, found)) : ExitCode::AsExpected;
  expectation.lines = found;
  const auto saved = save_expectation(pcap, expectation);
  return saved ? ExitCode::AsExpected : unreadable(saved.error());
}

std::vector<std::string> outcomes_in(std::vector<std::string> lines) {
  std::erase_if(lines, [](const std::string& text) { return !text.starts_with("outcome "); });
  return lines;
}

ExitCode replay_before_server(const std::string& pcap, const Expectation& expectation, bool known,
                              const CommandLine& line) {
  const auto conversation = tsp::capture::read_conversation(pcap);
  if (!conversation) return unreadable(conversation.error());
  LiveStage stage(*line.server, line.pause_max);
  Player player(stage, expectation.setting.accounts, expectation.ignored);
  const std::vector<std::string> found = lines_of(*conversation, player.play(*conversation));
  if (line.print || !known) print(found);
  return known ? report(pcap, differences(outcomes_in(expectation.lines), outcomes_in(found))) : ExitCode::AsExpected;
}

ExitCode replay(const std::string& pcap, const CommandLine& line) {
  const auto loaded = load_expectation(pcap);
  if (!loaded) return unreadable(loaded.error());
  if (!*loaded && !line.update && !line.print && !line.server) {
    return unreadable(pcap + ": nothing says what to expect of it; --update writes what is found, --print shows it");
  }
  Expectation expectation = *loaded ? **loaded : new_expectation(line.accounts);
  for (const auto& [login, password] : line.accounts) expectation.setting.accounts.emplace(login, password);
  return line.server ? replay_before_server(pcap, expectation, loaded->has_value(), line)
                     : replay_before_core(pcap, expectation, loaded->has_value(), line);
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = parse_command_line(argc, argv);
  if (!line) return static_cast<int>(line.error());
  const std::vector<std::string> captures = find_captures(line->paths);
  if (captures.empty()) return static_cast<int>(unreadable("no capture there"));
  ExitCode worst = ExitCode::AsExpected;
  for (const std::string& pcap : captures) worst = std::max(worst, replay(pcap, *line));
  return static_cast<int>(worst);
}
