// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/control/log_line.h"

namespace tsp::linux_ {

// Where log lines go. May be called from any thread.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
  virtual void write(LogLevel level, const LogLine& line) = 0;
};

// Standard error. Under systemd the journal takes time and level from elsewhere: the line begins with "<N>".
class StandardErrorLog final : public LogWriter {
 public:
  explicit StandardErrorLog(const LogSettings& settings);
  ~StandardErrorLog() override;

  void write(LogLevel level, const LogLine& line) override;
  void change(const LogSettings& settings);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tsp::linux_
