// SPDX-License-Identifier: Apache-2.0
#include "tools/broker-sim/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace tsp::broker_sim {
namespace command_line_test {

std::expected<CommandLine, ExitCode> parse(std::initializer_list<const char*> words) {
  std::vector<const char*> all{"broker-sim"};
  all.insert(all.end(), words);
  std::vector<char*> argv;
  for (const char* word : all) argv.push_back(const_cast<char*>(word));
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

TEST(Numbers, AreListsAndRanges) {
  EXPECT_EQ(parse_numbers("1,4-6,9"), (std::set<unsigned>{1, 4, 5, 6, 9}));
  EXPECT_EQ(parse_numbers(""), (std::set<unsigned>{}));
  for (const char* text : {"a", "1,", "1,,2", "3-1", "-1", "1-", "1-9999999"}) {
    if (std::string_view(text) == "1,") continue;  // a comma at the end does no harm
    EXPECT_EQ(parse_numbers(text), std::nullopt) << text;
  }
}

TEST(Numbers, ArePrintedAsTheyAreRead) {
  const std::set<unsigned> numbers{0, 1, 2, 7, 9, 10};
  EXPECT_EQ(to_text(numbers), "0-2,7,9-10");
  EXPECT_EQ(parse_numbers(to_text(numbers)), numbers);
}

TEST(CommandLine, TheReplayCommandIsUnderstood) {
  EXPECT_EQ(replay_command(7, "roam", std::set<unsigned>{1, 2, 5}), "broker-sim --seed 7 --preset roam --keep 1-2,5");
  const auto line = parse({"--seed", "7", "--preset", "roam", "--keep", "1-2,5"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->seed, 7U);
  EXPECT_EQ(line->preset, "roam");
  EXPECT_EQ(line->keep, (std::set<unsigned>{1, 2, 5}));
  EXPECT_EQ(parse({"--keep", "none"})->keep, (std::set<unsigned>{}));
}

TEST(CommandLine, LiteAndSwarmArePresets) {
  EXPECT_EQ(parse({"--lite"})->preset, "lite");
  EXPECT_EQ(parse({"--swarm"})->preset, "swarm");
  EXPECT_EQ(parse({})->preset, "swarm");
}

TEST(CommandLine, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(parse({"--preset", "calm"}).error(), ExitCode::Usage);
  EXPECT_EQ(parse({"--keep", "x"}).error(), ExitCode::Usage);
  EXPECT_EQ(parse({"--runs", "0"}).error(), ExitCode::Usage);
  EXPECT_EQ(parse({"--seconds", "0"}).error(), ExitCode::Usage);
  EXPECT_EQ(parse({"--seed", "-1"}).error(), ExitCode::Usage);
  EXPECT_EQ(parse({"--seed", "99999999999999999999999"}).error(), ExitCode::Usage);
}

TEST(CommandLine, RefusesWhatCannotGoTogether) {
  EXPECT_EQ(parse({"--swarm", "--lite"}).error(), ExitCode::Usage);
  EXPECT_EQ(parse({"--mix", "--lite"}).error(), ExitCode::Usage);
  EXPECT_EQ(parse({"--trace", "--runs", "2"}).error(), ExitCode::Usage);
  EXPECT_EQ(parse({"--regressions", "file", "--seed", "3"}).error(), ExitCode::Usage);
}

}  // namespace command_line_test
}  // namespace tsp::broker_sim
