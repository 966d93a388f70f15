// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/event_feed.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <utility>

namespace tsp::linux_ {
namespace {

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warning:
      return "warning";
    case LogLevel::Error:
      return "error";
  }
  std::unreachable();
}

// "2026-02-03T04:05:06.789Z"
std::string with_milliseconds(WallTime time) {
  const auto all = std::chrono::floor<std::chrono::milliseconds>(time.since_epoch);
  const auto whole = std::chrono::floor<std::chrono::seconds>(all);
  const auto seconds = static_cast<std::time_t>(whole.count());
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> date{};
  std::array<char, 48> text{};
  static_cast<void>(std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &parts));
  const int size =
      std::snprintf(text.data(), text.size(), "%s.%03dZ", date.data(), static_cast<int>((all - whole).count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace

void EventFeed::add(std::string line) {
  std::vector<std::shared_ptr<Wake>> to_wake;
  {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    ++last_;
    if (lines_.size() > kKeptMax) lines_.pop_front();
    std::erase_if(readers_, [&](const std::weak_ptr<Wake>& reader) {
      auto wake = reader.lock();
      if (wake) to_wake.push_back(std::move(wake));
      return reader.expired();
    });
  }
  for (const std::shared_ptr<Wake>& wake : to_wake) (*wake)();
}

EventFeed::Piece EventFeed::read(std::uint64_t after, std::size_t bytes_max) const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t oldest = last_ - lines_.size() + 1;
  Piece piece{.first = std::max(after + 1, oldest)};
  piece.missed = piece.first - (after + 1);
  std::size_t bytes = 0;
  for (std::size_t i = piece.first - oldest; i < lines_.size() && bytes < bytes_max; ++i) {
    piece.lines.push_back(lines_[i]);
    bytes += lines_[i].size();
  }
  return piece;
}

std::uint64_t EventFeed::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

void EventFeed::tell(const std::shared_ptr<Wake>& wake) {
  const std::lock_guard lock(mutex_);
  readers_.emplace_back(wake);
}

void FollowedLog::write(LogLevel level, const LogLine& line) {
  log_.write(level, line);
  feed_->add(R"({"time":")" + with_milliseconds(clock_()) + R"(","level":")" + name_of(level) + "\"," +
             line.render(LogFormat::Json) + '}');
}

}  // namespace tsp::linux_
