// SPDX-License-Identifier: Apache-2.0
#include "apps/tsp-connect/password.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::tsp_connect {
namespace {

// More than a password may have, so that it is the check of the configuration that says so.
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

// Shows nothing of what is typed while it lives.
class SilentTerminal {
 public:
  explicit SilentTerminal(int fd) : fd_(fd) {
    tcgetattr(fd_, &before_);
    termios silent = before_;
    // Interrupting keys are characters meanwhile, so that nobody is left with a silent terminal.
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    tcsetattr(fd_, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() { tcsetattr(fd_, TCSAFLUSH, &before_); }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

 private:
  int fd_;
  termios before_{};
};

}  // namespace

std::expected<std::string, std::string> read_password_file(const std::string& path) {
  const linux_::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return std::unexpected(path + ": " + std::strerror(errno));
  return read_to_end(file.get(), path);
}

std::expected<std::string, std::string> read_password_fd(int fd) {
  return read_to_end(fd, "descriptor " + std::to_string(fd));
}

std::expected<std::string, std::string> ask_password(const std::string& prompt) {
  constexpr char kInterrupt = 3;  // control-C
  const linux_::FileDescriptor tty(open("/dev/tty", O_RDWR | O_CLOEXEC));
  if (!tty.valid()) {
    return std::unexpected("there is no terminal to ask for the password; use --password-file or --password-fd");
  }
  const SilentTerminal silent(tty.get());
  std::string line;
  char c = 0;
  if (write(tty.get(), prompt.data(), prompt.size()) < 0) return std::unexpected("the terminal cannot be written to");
  while (read(tty.get(), &c, 1) == 1 && c != '\n' && c != kInterrupt) line += c;
  static_cast<void>(!write(tty.get(), "\n", 1));
  if (c != '\n') return std::unexpected("no password was given");
  return line;
}

}  // namespace tsp::tsp_connect
