// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/replay.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tools/pcap-replay/core_stage.h"
#include "tools/pcap-replay/player.h"

namespace tsp::replay {

std::expected<CoreReplay, std::string> replay_into_core(const std::string& pcap, const Expectation& expectation) {
  auto conversation = capture::read_conversation(pcap);
  if (!conversation) return std::unexpected(conversation.error());
  const Duration start = conversation->utterances.empty() ? Duration{} : conversation->utterances.front().at;
  CoreStage stage(expectation.setting, start);
  Player player(stage, expectation.setting.accounts, expectation.ignored);
  CoreReplay replay{.transcript = player.play(*conversation)};
  replay.violation = stage.violation();
  replay.conversation = std::move(*conversation);
  return replay;
}

std::string expectation_path(const std::string& pcap) {
  return std::filesystem::path(pcap).replace_extension(".expect").string();
}

std::expected<std::optional<Expectation>, std::string> load_expectation(const std::string& pcap) {
  const std::string path = expectation_path(pcap);
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  auto expectation = parse_expectation(text);
  if (!expectation) return std::unexpected(path + ": " + expectation.error());
  return std::move(*expectation);
}

std::expected<void, std::string> save_expectation(const std::string& pcap, const Expectation& expectation) {
  const std::string path = expectation_path(pcap);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << to_text(expectation) << std::flush;
  if (!file) return std::unexpected("cannot write " + path);
  return {};
}

std::vector<std::string> find_captures(const std::vector<std::string>& paths) {
  std::vector<std::string> captures;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      captures.push_back(path);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
      if (entry.path().extension() == ".pcap") inside.push_back(entry.path().string());
    }
    std::ranges::sort(inside);
    captures.insert(captures.end(), inside.begin(), inside.end());
  }
  return captures;
}

}  // namespace tsp::replay
