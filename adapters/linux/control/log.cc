// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
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

// "<4>" before a line tells the journal how important it is (sd-daemon(3)); it takes it away.
class JournalPriority final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& out) override {
    const std::string_view text = priority(message.level);
    out.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::custom_flag_formatter> clone() const override {
    return std::make_unique<JournalPriority>();
  }

 private:
  static std::string_view priority(spdlog::level::level_enum level) {
    if (level <= spdlog::level::debug) return "<7>";
    if (level == spdlog::level::info) return "<6>";
    return level == spdlog::level::warn ? "<4>" : "<3>";
  }
};

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
  // The journal has times of its own.
  const std::string text_pattern = impl_->journal ? "%v" : kTextPattern;
  const std::string pattern = settings.format == LogFormat::Json ? kJsonPattern : text_pattern;
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JournalPriority>('*').set_pattern((impl_->journal ? "%*" : "") + pattern);
  impl_->format = settings.format;
  impl_->logger.set_formatter(std::move(formatter));
  impl_->logger.set_level(to_spdlog(settings.level));
}

void StandardErrorLog::write(LogLevel level, const LogLine& line) {
  if (!impl_->logger.should_log(to_spdlog(level))) return;
  impl_->logger.log(to_spdlog(level), spdlog::string_view_t(line.render(impl_->format)));
}

}  // namespace tsp::linux_
