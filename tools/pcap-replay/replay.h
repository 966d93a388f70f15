// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "tools/capture/conversation.h"
#include "tools/pcap-replay/expectation.h"
#include "tools/pcap-replay/transcript.h"

namespace tsp::replay {

struct CoreReplay {
  capture::Conversation conversation{};
  Transcript transcript{};
  std::optional<std::string> violation{};  // of what must hold in the simulated world
};

// The client's side of the capture before the core, set up as the expectation says. Error: one line.
[[nodiscard]] std::expected<CoreReplay, std::string> replay_into_core(const std::string& pcap,
                                                                      const Expectation& expectation);

// "x.pcap" -> "x.expect".
[[nodiscard]] std::string expectation_path(const std::string& pcap);
// None if there is no such file. Error: one line.
[[nodiscard]] std::expected<std::optional<Expectation>, std::string> load_expectation(const std::string& pcap);
// Error: one line.
[[nodiscard]] std::expected<void, std::string> save_expectation(const std::string& pcap,
                                                                const Expectation& expectation);
// The captures among files and folders, folders by their *.pcap, sorted.
[[nodiscard]] std::vector<std::string> find_captures(const std::vector<std::string>& paths);

}  // namespace tsp::replay
