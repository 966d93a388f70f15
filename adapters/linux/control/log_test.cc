// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

namespace tsp::linux_ {
namespace log_test {

using testing::MatchesRegex;

// What a logger with these settings writes to standard error.
template <class Use>
std::string written(const LogSettings& settings, Use use) {
  testing::internal::CaptureStderr();
  {
    StandardErrorLog log(settings);
    use(log);
  }
  return testing::internal::GetCapturedStderr();
}

std::string text_of(const LogSettings& settings) {
  return written(settings, [](StandardErrorLog& log) {
    log.write(LogLevel::Debug, LogLine("one"));
    log.write(LogLevel::Info, LogLine("two"));
    log.write(LogLevel::Warning, LogLine("three"));
    log.write(LogLevel::Error, LogLine("four"));
  });
}

TEST(StandardErrorLog, LineHasTimeAndLevel) {
  const std::string text = written({}, [](StandardErrorLog& log) { log.write(LogLevel::Warning, LogLine("warning")); });

  EXPECT_THAT(text, MatchesRegex("....-..-..T..:..:......Z warning event=warning\n"));
}

TEST(StandardErrorLog, LinesBelowTheLevelAreLeftOut) {
  const auto lines = [](LogLevel level) {
    LogSettings settings;
    settings.level = level;
    const std::string text = text_of(settings);
    return std::count(text.begin(), text.end(), '\n');
  };

  EXPECT_EQ(lines(LogLevel::Debug), 4);
  EXPECT_EQ(lines(LogLevel::Info), 3);
  EXPECT_EQ(lines(LogLevel::Warning), 2);
  EXPECT_EQ(lines(LogLevel::Error), 1);
}

TEST(StandardErrorLog, JsonLineIsAnObject) {
  LogSettings settings;
  settings.format = LogFormat::Json;
  const std::string text = written(settings, [](StandardErrorLog& log) {
    log.write(LogLevel::Info, LogLine("tunnel_up").text("login", "a\"b\xFF").number("tunnel", 17));
  });

  const auto object = nlohmann::json::parse(text);
  EXPECT_EQ(object["level"], "info");
  EXPECT_EQ(object["event"], "tunnel_up");
  EXPECT_EQ(object["login"], "a\"b\xEF\xBF\xBD");
  EXPECT_EQ(object["tunnel"], 17);
}

TEST(StandardErrorLog, BracesOfStrangersAreNoFormat) {
  const std::string text = written({}, [](StandardErrorLog& log) {
    log.write(LogLevel::Info, LogLine("session_refused").text("login", "{} %s {0:x}"));
  });

  EXPECT_THAT(text, testing::HasSubstr("login=\"{} %s {0:x}\""));
}

TEST(StandardErrorLog, SettingsCanChange) {
  const std::string text = written({}, [](StandardErrorLog& log) {
    LogSettings settings;
    settings.level = LogLevel::Error;
    log.change(settings);
    log.write(LogLevel::Warning, LogLine("warning"));
  });

  EXPECT_EQ(text, "");
}

// As if the service manager had connected standard error to the journal.
void connect_to_journal() {
  struct stat status{};
  ASSERT_EQ(fstat(STDERR_FILENO, &status), 0);
  const std::string stream = std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino);
  setenv("JOURNAL_STREAM", stream.c_str(), 1);
}

TEST(StandardErrorLog, JournalGetsThePriorityBeforeAnObjectToo) {
  LogSettings settings;
  settings.format = LogFormat::Json;
  testing::internal::CaptureStderr();
  connect_to_journal();
  StandardErrorLog(settings).write(LogLevel::Error, LogLine("store_lost"));
  unsetenv("JOURNAL_STREAM");
  const std::string text = testing::internal::GetCapturedStderr();

  ASSERT_THAT(text, testing::StartsWith("<3>{"));
  EXPECT_EQ(nlohmann::json::parse(text.substr(3))["event"], "store_lost");
}

TEST(StandardErrorLog, JournalGetsThePriorityInsteadOfTheTime) {
  testing::internal::CaptureStderr();
  connect_to_journal();
  StandardErrorLog({}).write(LogLevel::Warning, LogLine("warning"));
  setenv("JOURNAL_STREAM", "1:1", 1);
  StandardErrorLog({}).write(LogLevel::Warning, LogLine("another"));
  unsetenv("JOURNAL_STREAM");

  EXPECT_THAT(testing::internal::GetCapturedStderr(), MatchesRegex("<4>event=warning\n.*Z warning event=another\n"));
}

}  // namespace log_test
}  // namespace tsp::linux_
