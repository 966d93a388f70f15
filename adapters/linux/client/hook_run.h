// SPDX-License-Identifier: Apache-2.0
//
// One run of a hook: from its start to its end, which comes within its time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include "adapters/linux/client/hook_environment.h"

namespace tsp::linux_ {

struct HookResult {
  HookEvent event = HookEvent::Up;
  std::string problem;              // one line: "exit code 3"; empty: none
  std::vector<std::string> output;  // what it wrote, by lines, as it is; the first kHookOutputBytesMax of it
  bool output_cut = false;          // it wrote more
  std::chrono::milliseconds took{};
};

inline constexpr std::size_t kHookOutputBytesMax = 8192;
inline constexpr std::size_t kHookOutputLinesMax = 100;

class HookRun {
 public:
  using Ended = std::function<void(HookResult)>;

  // `ended` is called once, from the io_context, and may destroy this. After hook.patience the process group of the
  // hook is killed. What it leaves running in the background, in order, goes on.
  HookRun(asio::io_context& io, const HookOptions& hook, HookEvent event, const std::vector<std::string>& environment,
          Ended ended);
  HookRun(const HookRun&) = delete;
  HookRun& operator=(const HookRun&) = delete;
  // Kills it if it still runs; `ended` is not called then.
  ~HookRun();

 private:
  [[nodiscard]] std::optional<std::string> start(const HookOptions& hook, const std::vector<std::string>& environment);
  void watch_child();
  void watch_output();
  // False: nothing will come any more.
  bool read_output();
  void arm_timer();
  void child_ended();
  void end(std::string problem);

  asio::posix::stream_descriptor output_;
  asio::posix::stream_descriptor child_;  // becomes readable when the process ends
  asio::steady_timer timer_;
  pid_t pid_ = 0;  // 0: it does not run
  bool timed_out_ = false;
  std::chrono::seconds patience_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::string text_;
  HookResult result_;
  Ended ended_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for handlers that come after the destructor
};

}  // namespace tsp::linux_
