// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/event_streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace tsp::linux_ {
namespace event_streams_test {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Optional;

constexpr std::uint64_t kRun = 1'764'000'000;
constexpr auto kNews = LiveBody::Occasion::News;

class EventStreamsTest : public testing::Test {
 protected:
  std::shared_ptr<LiveBody> open(const std::string& last_event_id = "", const IPv6Address& source = {}) {
    return streams_->open(source, last_event_id, [this] {
      ++checks_;
      return allowed_;
    });
  }
  // Without what each begins with.
  static std::shared_ptr<LiveBody> greeted(std::shared_ptr<LiveBody> stream) {
    EXPECT_EQ(stream->next(kNews), "retry: 5000\n\n");
    return stream;
  }

  bool allowed_ = true;
  int checks_ = 0;
  Instant now_{seconds(100)};
  std::shared_ptr<EventFeed> feed_ = std::make_shared<EventFeed>();
  std::shared_ptr<EventStreams> streams_ = std::make_shared<EventStreams>(
      EventStreams::Options{.all_max = 4, .per_source_max = 2, .run = kRun}, feed_, [this] { return now_; });
};

TEST_F(EventStreamsTest, WhatHappensFromNowOnIsWritten) {
  feed_->add("{\"n\":1}");
  const auto stream = greeted(open());
  EXPECT_EQ(stream->next(kNews), "");
  feed_->add("{\"n\":2}");
  feed_->add("{\"n\":3}");
  EXPECT_EQ(stream->next(kNews),
            "id: 1764000000-2\ndata: {\"n\":2}\n\n"
            "id: 1764000000-3\ndata: {\"n\":3}\n\n");
  EXPECT_EQ(stream->next(kNews), "");
}

TEST_F(EventStreamsTest, InSilenceASignOfLifeIsWritten) {
  const auto stream = greeted(open());
  EXPECT_EQ(stream->next(LiveBody::Occasion::Silence), ":\n\n");
}

TEST_F(EventStreamsTest, WhoComesBackGoesOnBehindTheLastEvent) {
  for (const char* line : {"1", "2", "3"}) feed_->add(line);
  EXPECT_EQ(open("1764000000-2")->next(kNews), "retry: 5000\n\nid: 1764000000-3\ndata: 3\n\n");
}

TEST_F(EventStreamsTest, OfAnotherRunNobodyKnowsHowManyWereMissed) {
  feed_->add("1");
  for (const char* id : {"1763000000-1", "1764000000-2", "1764000000-", "x", "-", "1"}) {
    EXPECT_EQ(open(id)->next(kNews),
              "retry: 5000\n\nevent: missed\ndata: {\"missed\":null}\n\nid: 1764000000-1\ndata: 1\n\n")
        << id;
  }
}

TEST_F(EventStreamsTest, ASlowReaderIsToldHowManyItMissed) {
  const auto stream = greeted(open());
  for (std::size_t i = 0; i < EventFeed::kKeptMax + 7; ++i) feed_->add(std::string(100, 'x'));
  EXPECT_THAT(stream->next(kNews), Optional(HasSubstr("event: missed\ndata: {\"missed\":7}\n\nid: 1764000000-8\n")));
  std::size_t pieces = 1;
  while (stream->next(kNews) != "") ++pieces;
  EXPECT_GT(pieces, 1U) << "not all at once";
}

TEST_F(EventStreamsTest, AStreamEndsWhenItIsNotAllowedAnyMore) {
  const auto stream = greeted(open());
  allowed_ = false;
  feed_->add("1");
  now_ = now_ + seconds(9);
  EXPECT_THAT(stream->next(kNews), Optional(HasSubstr("data: 1")));
  EXPECT_EQ(checks_, 0) << "not at each event";
  feed_->add("2");
  now_ = now_ + seconds(1);
  EXPECT_EQ(stream->next(kNews), std::nullopt);
}

TEST_F(EventStreamsTest, WhileOneStreamIsLookedAtTheOthersGoOn) {
  std::shared_ptr<LiveBody> other;
  const auto slow = streams_->open({}, "", [&] {
    std::thread([&] { EXPECT_THAT(other->next(kNews), Optional(HasSubstr("data: 1"))); }).join();
    return true;
  });
  other = open();
  feed_->add("1");
  now_ = now_ + seconds(10);
  EXPECT_TRUE(slow->next(kNews));
  EXPECT_EQ(checks_, 0);
  EXPECT_TRUE(other->next(kNews));
  EXPECT_EQ(checks_, 1);
}

TEST_F(EventStreamsTest, ThereIsALimitForAllAndForEachSource) {
  const IPv6Address source = *parse_address("2001:db8::1");
  const IPv6Address neighbour = *parse_address("2001:db8::2");
  std::vector<std::shared_ptr<LiveBody>> streams{open("", source), open("", neighbour)};
  EXPECT_NE(streams.back(), nullptr);
  EXPECT_EQ(open("", source), nullptr) << "of one /64";
  streams.push_back(open());
  streams.push_back(open());
  EXPECT_NE(streams.back(), nullptr);
  EXPECT_EQ(open(), nullptr) << "of all";
  streams.pop_back();
  EXPECT_NE(open(), nullptr);
}

}  // namespace event_streams_test
}  // namespace tsp::linux_
