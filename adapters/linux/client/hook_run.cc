// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/hook_run.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <asio/post.hpp>

#include "adapters/linux/client/hook_spawn.h"
#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {
namespace {

constexpr std::size_t kReadBytes = 4096;
constexpr int kPipeReads = 65536 / kReadBytes;  // what a pipe holds

// Of a process that has ended.
std::string explain(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  const int code = WEXITSTATUS(status);
  return code == 0 ? "" : "exit code " + std::to_string(code);
}

void split(std::string_view text, HookResult& result) {
  while (!text.empty()) {
    if (result.output.size() == kHookOutputLinesMax) {
      result.output_cut = true;
      return;
    }
    const std::size_t end = std::min(text.find('\n'), text.size());
    result.output.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

HookRun::HookRun(asio::io_context& io, const HookOptions& hook, HookEvent event,
                 const std::vector<std::string>& environment, Ended ended)
    : output_(io), child_(io), timer_(io), patience_(hook.patience), ended_(std::move(ended)) {
  result_.event = event;
  if (auto problem = start(hook, environment)) {
    asio::post(io, [this, alive = std::weak_ptr(alive_), problem = std::move(*problem)] {
      if (!alive.expired()) end("cannot be started: " + problem);
    });
    return;
  }
  watch_child();
  watch_output();
  arm_timer();
}

HookRun::~HookRun() {
  if (pid_ == 0) return;
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

// What went wrong, if anything did.
std::optional<std::string> HookRun::start(const HookOptions& hook, const std::vector<std::string>& environment) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::strerror(errno);
  FileDescriptor reading(ends[0]);
  const FileDescriptor writing(ends[1]);
  fcntl(reading.get(), F_SETFL, O_NONBLOCK);
  const auto child = spawn_hook(hook.program, environment, writing.get());
  if (!child) return child.error();
  pid_ = *child;
  // The header of glibc 2.36 declares it for C only.
  FileDescriptor ended(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  if (!ended.valid()) return std::strerror(errno);
  output_.assign(reading.release());
  child_.assign(ended.release());
  return std::nullopt;
}

void HookRun::watch_child() {
  child_.async_wait(asio::posix::stream_descriptor::wait_read,
                    [this, alive = std::weak_ptr(alive_)](const asio::error_code& error) {
                      if (!error && !alive.expired()) child_ended();
                    });
}

void HookRun::watch_output() {
  output_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this, alive = std::weak_ptr(alive_)](const asio::error_code& error) {
                       if (!error && !alive.expired() && read_output()) watch_output();
                     });
}

// Reads on when there is enough, so that the hook never waits for us.
bool HookRun::read_output() {
  std::array<char, kReadBytes> bytes{};
  const ssize_t size = ::read(output_.native_handle(), bytes.data(), bytes.size());
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  const std::size_t fits = std::min(static_cast<std::size_t>(size), kHookOutputBytesMax - text_.size());
  text_.append(bytes.data(), fits);
  if (fits < static_cast<std::size_t>(size)) result_.output_cut = true;
  return size > 0;
}

void HookRun::arm_timer() {
  timer_.expires_after(patience_);
  timer_.async_wait([this, alive = std::weak_ptr(alive_)](const asio::error_code& error) {
    if (error || alive.expired() || pid_ == 0) return;
    timed_out_ = true;
    kill(-pid_, SIGKILL);
  });
}

void HookRun::child_ended() {
  timer_.cancel();
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  // What is left of its output is there by now; who still holds the pipe in the background is not waited for.
  for (int reads = 0; reads < kPipeReads && read_output(); ++reads) {
  }
  end(timed_out_ ? "killed because it did not end within " + std::to_string(patience_.count()) + " s"
                 : explain(status));
}

void HookRun::end(std::string problem) {
  asio::error_code ignored;
  output_.close(ignored);
  split(text_, result_);
  result_.problem = std::move(problem);
  result_.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
  const Ended ended = std::move(ended_);
  ended(std::move(result_));  // destroys this, perhaps
}

}  // namespace tsp::linux_
