// SPDX-License-Identifier: Apache-2.0
//
// Each capture in pcaps/, replayed before the core, leads to what its expectation file says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tools/pcap-replay/golden/case_name.h"
#include "tools/pcap-replay/replay.h"

namespace tsp::replay {
namespace golden_test {

using testing::IsEmpty;

const std::string kFolder = (std::filesystem::path(TSP_SOURCE_FOLDER) / "pcaps").string();

class GoldenCapture : public testing::TestWithParam<std::string> {};

TEST_P(GoldenCapture, LeadsToWhatIsExpected) {
  const auto expectation = load_expectation(GetParam());
  ASSERT_TRUE(expectation.has_value()) << expectation.error();
  ASSERT_TRUE(expectation->has_value()) << "there is no " << expectation_path(GetParam());
  const auto replay = replay_into_core(GetParam(), **expectation);
  ASSERT_TRUE(replay.has_value()) << replay.error();
  EXPECT_EQ(replay->violation, std::nullopt);
  EXPECT_THAT(differences((*expectation)->lines, lines_of(replay->conversation, replay->transcript)), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Pcaps, GoldenCapture, testing::ValuesIn(find_captures({kFolder})), case_name);

TEST(GoldenCaptures, AreAllDescribedAndOnlyThose) {
  std::ifstream file(kFolder + "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const std::string& pcap : find_captures({kFolder})) {
    const std::string name = std::filesystem::path(pcap).stem().string();
    EXPECT_NE(readme.find("| " + name + " |"), std::string::npos) << name << " is not in pcaps/README.md";
  }
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".expect") continue;
    const auto pcap = std::filesystem::path(entry.path()).replace_extension(".pcap");
    EXPECT_TRUE(std::filesystem::exists(pcap)) << entry.path() << " has no capture";
  }
}

}  // namespace golden_test
}  // namespace tsp::replay
