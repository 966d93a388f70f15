// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <utility>

namespace tsp::linux_ {
namespace {

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warning:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
  }
  std::unreachable();
}

// As in sd-daemon(3).
std::string journal_priority(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "<7>";
    case LogLevel::Info:
      return "<6>";
    case LogLevel::Warning:
      return "<4>";
    case LogLevel::Error:
      return "<3>";
  }
  std::unreachable();
}

// Whether standard error is the very connection to the journal that the service manager made (systemd.exec(5)), and not
// something that a shell below a service redirected.
bool is_connected_to_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  if (stream == nullptr || fstat(STDERR_FILENO, &status) != 0) return false;
  return std::to_string(status.st_dev) + ':' + std::to_string(status.st_ino) == stream;
}

}  // namespace

struct StandardErrorLog::Impl {
  Impl() : logger("tspd", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {}

  spdlog::logger logger;
  std::atomic<LogFormat> format = LogFormat::Text;
  const bool journal = is_connected_to_journal();
};

StandardErrorLog::StandardErrorLog(const LogSettings& settings) : impl_(std::make_unique<Impl>()) {
  change(settings);
}

StandardErrorLog::~StandardErrorLog() = default;

void StandardErrorLog::change(const LogSettings& settings) {
  const char* text_pattern = impl_->journal ? "%v" : kTextPattern;
  impl_->format = settings.format;
  impl_->logger.set_pattern(settings.format == LogFormat::Json ? kJsonPattern : text_pattern,
                            spdlog::pattern_time_type::utc);
  impl_->logger.set_level(to_spdlog(settings.level));
}

void StandardErrorLog::write(LogLevel level, const LogLine& line) {
  const LogFormat format = impl_->format;
  const std::string prefix = impl_->journal && format == LogFormat::Text ? journal_priority(level) : std::string();
  impl_->logger.log(to_spdlog(level), spdlog::string_view_t(prefix + line.render(format)));
}

}  // namespace tsp::linux_
