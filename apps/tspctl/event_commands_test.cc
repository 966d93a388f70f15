// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/event_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "apps/tspctl/tspd_test_double.h"

namespace tsp::tspctl {
namespace event_commands_test {

// Writes what it was given, and ends.
class Script final : public linux_::LiveBody {
 public:
  explicit Script(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {}
  void begin(Wake /*wake*/) override {}
  std::optional<std::string> next(Occasion /*occasion*/) override {
    return at_ < pieces_.size() ? std::optional(pieces_[at_++]) : std::nullopt;
  }

 private:
  std::vector<std::string> pieces_;
  std::size_t at_ = 0;
};

class EventCommandsTest : public TspdTestDouble {
 protected:
  void serve_stream(std::vector<std::string> pieces) {
    serve({{200, "", "text/event-stream", {}, std::make_shared<Script>(std::move(pieces))}});
  }
  Failure follow(bool json) { return EventCommands(*client_, json).follow(out_).error(); }

  std::ostringstream out_;
};

const std::vector<std::string> kPieces = {
    "retry: 5000\n\n", "event: missed\ndata: {\"missed\":3}\n\nid: 1-4\nda",
    "ta: {\"time\":\"T\",\"level\":\"info\",\"event\":\"tunnel_up\",\"login\":\"a\\nb\",\"tunnel\":17}\n\n:\n\n"};

TEST_F(EventCommandsTest, EventsArePrintedAsTheyCome) {
  serve_stream(kPieces);
  const Failure failure = follow(false);
  EXPECT_EQ(out_.str(),
            "(3 events were missed)\n"
            "T info tunnel_up login=\"a\\nb\" tunnel=\"17\"\n");
  EXPECT_EQ(failure.code, ExitCode::Unreachable);
  EXPECT_EQ(failure.message, "tspd has ended the answer");
  EXPECT_THAT(requests_, testing::ElementsAre("GET /api/v1/events "));
}

TEST_F(EventCommandsTest, AsJsonTheyAreAsTheyAre) {
  serve_stream(kPieces);
  static_cast<void>(follow(true));
  EXPECT_EQ(out_.str(),
            "{\"missed\":3}\n"
            "{\"time\":\"T\",\"level\":\"info\",\"event\":\"tunnel_up\",\"login\":\"a\\nb\",\"tunnel\":17}\n");
}

TEST_F(EventCommandsTest, ARefusalIsNoEvent) {
  serve({{429, R"({"error":{"message":"too many streams of events"}})"}});
  const Failure failure = follow(false);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(failure.code, ExitCode::Unavailable);
  EXPECT_EQ(failure.message, "too many streams of events");
}

TEST_F(EventCommandsTest, ATspdThatIsNotThereIsNotReachable) {
  EXPECT_EQ(follow(false).code, ExitCode::Unreachable);
}

}  // namespace event_commands_test
}  // namespace tsp::tspctl
