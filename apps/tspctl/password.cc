// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/password.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::tspctl {
namespace {

// More than tspd accepts, so that it is tspd who says so.
constexpr std::size_t kPasswordBytesMax = 4096;
constexpr char kInterrupt = 3;  // control-C, which is only a character while echo is off

Failure invalid(std::string message) {
  return {ExitCode::Invalid, std::move(message)};
}

std::expected<std::string, Failure> read_to_end(int fd) {
  std::string text;
  std::array<char, 512> buffer{};
  while (text.size() <= kPasswordBytesMax) {
    const ssize_t size = read(fd, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::unexpected(invalid("--password-fd " + std::to_string(fd) + ": " + std::strerror(errno)));
    if (size == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

// A terminal that shows nothing of what is typed, until this ends. Interrupting keys are characters meanwhile, so
// that nobody is left with such a terminal.
class SilentTerminal {
 public:
  explicit SilentTerminal(int fd) : fd_(fd) {
    tcgetattr(fd_, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    tcsetattr(fd_, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() { tcsetattr(fd_, TCSAFLUSH, &before_); }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  [[nodiscard]] std::optional<std::string> ask(std::string_view prompt) const {
    say(prompt);
    std::string line;
    char c = 0;
    while (read(fd_, &c, 1) == 1 && c != '\n') {
      line += c;
      if (c == kInterrupt) break;
    }
    say("\n");
    if (c != '\n') return std::nullopt;
    return line;
  }

 private:
  void say(std::string_view text) const {
    if (write(fd_, text.data(), text.size()) < 0) return;  // who cannot see the prompt cannot be told so either
  }

  int fd_;
  termios before_{};
};

}  // namespace

std::expected<std::string, Failure> read_password(std::optional<int> fd) {
  if (fd) return read_to_end(*fd);
  const linux_::FileDescriptor tty(open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!tty.valid()) return std::unexpected(invalid("there is no terminal to ask for a password; use --password-fd N"));
  const SilentTerminal terminal(tty.get());
  const auto first = terminal.ask("Password: ");
  if (!first) return std::unexpected(invalid("no password was given"));
  if (terminal.ask("Again: ") != first) return std::unexpected(invalid("the passwords differ"));
  return *first;
}

}  // namespace tsp::tspctl
