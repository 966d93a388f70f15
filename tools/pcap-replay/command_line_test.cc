// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace tsp::replay {
namespace command_line_test {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

class Arguments : public testing::Test {
 protected:
  Arguments() { std::ofstream(password_file_) << "wonderland\nmore\n"; }
  ~Arguments() override { std::filesystem::remove(password_file_); }

  static std::expected<CommandLine, ExitCode> parse(std::vector<std::string> words) {
    words.insert(words.begin(), "pcap-replay");
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    return parse_command_line(static_cast<int>(pointers.size()), pointers.data());
  }

  std::string password_file_ =
      testing::TempDir() + "pcap_replay_password_" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(Arguments, AnAccountTakesOneWordAndTheCapturesBehindItAreCaptures) {
  const auto line = parse({"--account", "alice:" + password_file_, "a.pcap", "b.pcap"});
  ASSERT_TRUE(line.has_value());
  EXPECT_THAT(line->accounts, UnorderedElementsAre(Pair("alice", "wonderland")));
  EXPECT_THAT(line->paths, ElementsAre("a.pcap", "b.pcap"));
}

TEST_F(Arguments, SeveralAccountsMayBeGiven) {
  const auto line = parse({"x", "--account", "alice:" + password_file_, "--account", "bob:" + password_file_});
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->accounts.size(), 2U);
}

TEST_F(Arguments, ALiveBrokerIsAnAddressAndAPort) {
  const auto line = parse({"x", "--server", "192.0.2.1:3653", "--pause-max", "0.5"});
  ASSERT_TRUE(line.has_value());
  EXPECT_EQ(line->server, make_endpoint({{192, 0, 2, 1}}, 3653));
  EXPECT_EQ(line->pause_max, std::chrono::milliseconds(500));
}

TEST_F(Arguments, WhatMakesNoSenseIsAUsageError) {
  const std::vector<std::vector<std::string>> wrong{{},
                                                    {"x", "--server", "192.0.2.1"},
                                                    {"x", "--server", "192.0.2.1:3653", "--update"},
                                                    {"x", "--pause-max", "1"},
                                                    {"x", "--account", "alice"},
                                                    {"x", "--account", "alice:" + password_file_ + "-nowhere"}};
  for (const auto& words : wrong) {
    const auto line = parse(words);
    ASSERT_FALSE(line.has_value());
    EXPECT_EQ(line.error(), ExitCode::Usage);
  }
}

}  // namespace command_line_test
}  // namespace tsp::replay
