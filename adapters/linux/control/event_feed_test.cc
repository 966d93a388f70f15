// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/event_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace tsp::linux_ {
namespace event_feed_test {

using testing::ElementsAre;

constexpr std::size_t kPlenty = 1'000'000;

TEST(EventFeedTest, AReaderGetsWhatIsBehindTheLineItKnows) {
  EventFeed feed;
  for (const char* line : {"a", "b", "c"}) feed.add(line);
  EXPECT_EQ(feed.last(), 3U);
  const EventFeed::Piece piece = feed.read(1, kPlenty);
  EXPECT_EQ(piece.first, 2U);
  EXPECT_EQ(piece.missed, 0U);
  EXPECT_THAT(piece.lines, ElementsAre("b", "c"));
  EXPECT_THAT(feed.read(3, kPlenty).lines, ElementsAre());
}

TEST(EventFeedTest, OnePieceHasNoMoreBytesThanWanted) {
  EventFeed feed;
  for (int i = 0; i < 10; ++i) feed.add("1234");
  EXPECT_EQ(feed.read(0, 8).lines.size(), 2U);
  EXPECT_EQ(feed.read(0, 9).lines.size(), 3U);
  EXPECT_EQ(feed.read(0, 0).lines.size(), 0U);
}

TEST(EventFeedTest, WhoComesTooLateIsToldHowManyLinesAreGone) {
  EventFeed feed;
  for (std::size_t i = 1; i <= EventFeed::kKeptMax + 5; ++i) feed.add(std::to_string(i));
  const EventFeed::Piece piece = feed.read(2, kPlenty);
  EXPECT_EQ(piece.missed, 3U);
  EXPECT_EQ(piece.first, 6U);
  EXPECT_EQ(piece.lines.front(), "6");
  EXPECT_EQ(piece.lines.size(), EventFeed::kKeptMax);
}

TEST(EventFeedTest, AReaderIsToldOfEachLineUntilItIsGone) {
  EventFeed feed;
  int told = 0;
  auto wake = std::make_shared<EventFeed::Wake>([&] { ++told; });
  feed.tell(wake);
  feed.add("a");
  feed.add("b");
  wake.reset();
  feed.add("c");
  EXPECT_EQ(told, 2);
}

TEST(EventFeedTest, LinesOfTheLogAreJsonWithTimeAndLevel) {
  class Written final : public LogWriter {
   public:
    void write(LogLevel /*level*/, const LogLine& line) override { lines.push_back(line.render(LogFormat::Text)); }
    std::vector<std::string> lines;
  };
  Written written;
  const auto feed = std::make_shared<EventFeed>();
  FollowedLog log(written, feed, [] { return WallTime{std::chrono::milliseconds(1'767'323'045'006)}; });
  log.write(LogLevel::Warning, LogLine("tunnel_up").text("login", "al\"ice").number("tunnel", 17));
  EXPECT_THAT(written.lines, ElementsAre(R"(event=tunnel_up login="al\"ice" tunnel=17)"));
  EXPECT_THAT(feed->read(0, kPlenty).lines, ElementsAre(R"({"time":"2026-01-02T03:04:05.006Z","level":"warning",)"
                                                        R"("event":"tunnel_up","login":"al\"ice","tunnel":17})"));
}

}  // namespace event_feed_test
}  // namespace tsp::linux_
