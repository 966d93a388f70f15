// SPDX-License-Identifier: Apache-2.0
//
// NAME.expect, beside NAME.pcap. Up to the first empty line stand comments and what is given:
//
//   # text                      account LOGIN PASSWORD        ignore FIELD FIELD …
//   set anonymous off           set plain off                 set digest_md5 off
//   set store away              set tunnels_max N             set brokers A,B,…
//   set pool PREFIX
//
// and behind it the lines of transcript.h, one for each thing that a client says, and one for each client's outcome.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "tools/capture/conversation.h"
#include "tools/pcap-replay/answer.h"
#include "tools/pcap-replay/core_stage.h"
#include "tools/pcap-replay/transcript.h"

namespace tsp::replay {

struct Expectation {
  std::vector<std::string> givens{};  // the lines as they are
  CoreSetting setting{};
  IgnoredFields ignored{};
  std::vector<std::string> lines{};  // what is expected
};

// Error: one line, with the number of the wrong one.
[[nodiscard]] std::expected<Expectation, std::string> parse_expectation(std::string_view text);
[[nodiscard]] std::string to_text(const Expectation& expectation);
// For a capture that has none yet: with those accounts, and without the values that are drawn at random.
[[nodiscard]] Expectation new_expectation(const Passwords& accounts);

// What a replay comes to; the capture's packets that were left out come first.
[[nodiscard]] std::vector<std::string> lines_of(const capture::Conversation& conversation,
                                                const Transcript& transcript);
// "line 3:", "- expected", "+ found" for each line that differs; empty: none does.
[[nodiscard]] std::vector<std::string> differences(const std::vector<std::string>& expected,
                                                   const std::vector<std::string>& found);

}  // namespace tsp::replay
