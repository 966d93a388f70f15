// SPDX-License-Identifier: Apache-2.0
//
// Captures of real gogoc clients, which are not part of this tree: in the folder that TSP_SHARED_PCAPS names, or in
// shared/pcaps beside the tree. NAME.notes beside each has a line "… gogoc start: ns=… TYPE option …". Each
// client must get from the core what it would have needed to go on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tools/pcap-replay/golden/case_name.h"
#include "tools/pcap-replay/replay.h"

namespace tsp::replay {
namespace real_client_test {

std::string shared_folder() {
  if (const char* named = std::getenv("TSP_SHARED_PCAPS"); named != nullptr) return named;
  return (std::filesystem::path(TSP_SOURCE_FOLDER) / ".." / "shared" / "pcaps").string();
}

// What the notes say of the client.
struct Notes {
  std::string options{};
  bool up = false;

  [[nodiscard]] bool has(std::string_view option) const { return options.find(option) != std::string::npos; }
};

std::optional<Notes> read_notes(const std::string& pcap) {
  std::ifstream file(std::filesystem::path(pcap).replace_extension(".notes"));
  std::optional<Notes> notes;
  for (std::string line; std::getline(file, line);) {
    const std::size_t start = line.find("gogoc start: ");
    if (start != std::string::npos) {
      std::istringstream words(line.substr(start + std::string_view("gogoc start: ").size()));
      std::string space;
      std::string type;
      notes.emplace();
      words >> space >> type;
      std::getline(words, notes->options);
    }
    if (notes && line.ends_with(" tunnel up")) notes->up = true;
  }
  return notes;
}

// Answers that no client would accept are written in capitals.
bool is_acceptable(const std::string& answer) {
  return answer.find("WRONG") == std::string::npos && answer.find("HEADER") == std::string::npos &&
         answer.find("NO CLIENT READS IT") == std::string::npos;
}

class RealClient : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam().empty()) GTEST_SKIP() << "no captures of real clients in " << shared_folder();
    notes_ = read_notes(GetParam());
    ASSERT_TRUE(notes_.has_value()) << "no start of the client in the notes";
    auto replay = replay_into_core(GetParam(), new_expectation({{"alice", "wonderland"}}));
    ASSERT_TRUE(replay.has_value()) << replay.error();
    replay_ = std::move(*replay);
    for (const std::string& line : lines_of(replay_.conversation, replay_.transcript)) text_ += line + "\n";
  }

  // The status with which the core must end what such a client asks for; none: nothing is refused.
  [[nodiscard]] std::optional<unsigned> due_refusal() const {
    // Whoever could choose did so by what the recorded broker offered.
    const bool passdss = text_.find(" AUTHENTICATE PASSDSS-3DES-1 ") != std::string::npos;
    if (passdss || notes_->has("passwd=wrong")) return 300;
    if (notes_->has("proxy_client=yes")) return 303;
    return std::nullopt;
  }
  [[nodiscard]] bool any(OutcomeKind kind) const {
    return std::ranges::any_of(replay_.transcript.outcomes, [&](const Outcome& one) { return one.kind == kind; });
  }

  std::optional<Notes> notes_;
  CoreReplay replay_;
  std::string text_;
};

TEST_P(RealClient, BreaksNothing) {
  EXPECT_EQ(replay_.violation, std::nullopt) << text_;
}

TEST_P(RealClient, IsAnsweredInAWayThatItUnderstands) {
  for (const Exchange& exchange : replay_.transcript.exchanges) {
    for (const std::string& answer : exchange.answers) EXPECT_TRUE(is_acceptable(answer)) << to_text(exchange);
  }
  for (const Outcome& outcome : replay_.transcript.outcomes) EXPECT_EQ(outcome.unanswered, 0U) << text_;
}

TEST_P(RealClient, IsRefusedOnlyWhatItMustBeRefused) {
  const auto due = due_refusal();
  for (const Outcome& outcome : replay_.transcript.outcomes) {
    const bool rightly = outcome.kind != OutcomeKind::Refused || outcome.status == due;
    EXPECT_TRUE(rightly) << text_;
  }
  EXPECT_FALSE(due && any(OutcomeKind::TunnelUp)) << text_;
}

TEST_P(RealClient, GetsItsTunnelIfItGotOneWhenItWasRecorded) {
  const bool due = notes_->up && !due_refusal();
  EXPECT_TRUE(!due || any(OutcomeKind::TunnelUp)) << text_;
}

TEST_P(RealClient, IsAnsweredEachKeepalive) {
  for (const Outcome& outcome : replay_.transcript.outcomes) {
    EXPECT_EQ(outcome.echo_replies, outcome.echo_requests) << text_;
  }
}

std::vector<std::string> captures_or_none() {
  std::vector<std::string> captures;
  if (std::filesystem::is_directory(shared_folder())) captures = find_captures({shared_folder()});
  return captures.empty() ? std::vector<std::string>{""} : captures;
}

INSTANTIATE_TEST_SUITE_P(Shared, RealClient, testing::ValuesIn(captures_or_none()), case_name);

}  // namespace real_client_test
}  // namespace tsp::replay
