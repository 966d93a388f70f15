// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/terminal/password.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {
namespace {

// More than a password may have, so that whoever checks passwords says so.
constexpr std::size_t kPasswordBytesMax = 4096;

std::expected<std::string, std::string> read_to_end(int fd, const std::string& name) {
  std::string text;
  std::array<char, 512> buffer{};
  while (text.size() <= kPasswordBytesMax) {
    const ssize_t size = read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::unexpected(name + ": " + std::strerror(errno));
    if (size == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

// Keeps the signals that end or stop a program waiting while it lives. They do their work when it is gone.
class HeldSignals {
 public:
  HeldSignals() {
    sigset_t held;
    sigemptyset(&held);
    for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP}) sigaddset(&held, number);
    pthread_sigmask(SIG_BLOCK, &held, &before_);
    arrived_ = FileDescriptor(signalfd(-1, &held, SFD_CLOEXEC));
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // Readable when one waits.
  [[nodiscard]] int arrived() const { return arrived_.get(); }

 private:
  sigset_t before_{};
  FileDescriptor arrived_;
};

// Shows nothing of what is typed while it lives.
class SilentTerminal {
 public:
  explicit SilentTerminal(int fd) : fd_(fd) {
    tcgetattr(fd_, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(fd_, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() { tcsetattr(fd_, TCSAFLUSH, &before_); }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  int fd_;
  termios before_{};
};

enum class Interruption : std::uint8_t { Signal, EndOfInput };

std::expected<std::string, Interruption> read_line(int tty, int signal_arrived) {
  std::string line;
  std::array<pollfd, 2> sources{
      {{.fd = tty, .events = POLLIN, .revents = 0}, {.fd = signal_arrived, .events = POLLIN, .revents = 0}}};
  while (true) {
    if (poll(sources.data(), sources.size(), -1) < 0) continue;
    if (sources[1].revents != 0) return std::unexpected(Interruption::Signal);
    char c = 0;
    if (read(tty, &c, 1) != 1) return std::unexpected(Interruption::EndOfInput);
    if (c == '\n') return line;
    line += c;
  }
}

void say(int tty, std::string_view text) {
  if (write(tty, text.data(), text.size()) < 0) return;  // who cannot see the prompt cannot be told so either
}

std::expected<std::vector<std::string>, Interruption> ask(int tty, const std::vector<std::string>& prompts) {
  const HeldSignals held;
  const SilentTerminal silent(tty);  // goes first, so that a signal finds the terminal as it was
  std::vector<std::string> lines;
  for (const std::string& prompt : prompts) {
    say(tty, prompt);
    auto line = read_line(tty, held.arrived());
    say(tty, "\n");
    if (!line) return std::unexpected(line.error());
    lines.push_back(std::move(*line));
  }
  return lines;
}

}  // namespace

std::expected<std::string, std::string> read_password_file(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::unexpected(path + ": " + std::strerror(errno));
  return read_to_end(file.get(), path);
}

std::expected<std::string, std::string> read_password_fd(int fd) {
  return read_to_end(fd, "--password-fd " + std::to_string(fd));
}

std::expected<std::vector<std::string>, std::string> ask_passwords(const std::vector<std::string>& prompts) {
  const FileDescriptor tty(open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!tty.valid()) return std::unexpected("there is no terminal to ask for the password; use --password-fd N");
  while (true) {
    auto lines = ask(tty.get(), prompts);
    if (lines) return std::move(*lines);
    if (lines.error() == Interruption::EndOfInput) return std::unexpected("no password was given");
  }
}

}  // namespace tsp::linux_
