// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/terminal/password.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

namespace tsp::linux_ {
namespace password_test {

constexpr int kPatienceMs = 10'000;

// A program at a terminal of its own that asks for passwords and writes what it got.
class Asker {
 public:
  explicit Asker(const std::vector<std::string>& prompts) {
    pid_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
    if (pid_ != 0) return;
    for (const int number : {SIGINT, SIGQUIT}) std::signal(number, SIG_DFL);  // who runs tests may ignore them
    const auto lines = ask_passwords(prompts);
    std::string got = lines ? "got" : lines.error();
    if (lines) {
      for (const std::string& line : *lines) got += " <" + line + ">";
    }
    got += "\n";
    _exit(write(STDOUT_FILENO, got.data(), got.size()) < 0 ? 1 : 0);
  }
  ~Asker() {
    if (pid_ > 0 && !ended_) {
      kill(pid_, SIGKILL);
      static_cast<void>(wait_status());
    }
    close(terminal_);
  }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  void type(std::string_view keys) const {
    EXPECT_EQ(write(terminal_, keys.data(), keys.size()), ssize_t(keys.size()));
  }
  // Everything shown so far, once `needle` is in it.
  std::string shown_until(std::string_view needle) {
    while (shown_.find(needle, searched_) == std::string::npos) {
      pollfd source{.fd = terminal_, .events = POLLIN, .revents = 0};
      std::array<char, 256> buffer{};
      if (poll(&source, 1, kPatienceMs) != 1) break;
      const ssize_t size = read(terminal_, buffer.data(), buffer.size());
      if (size <= 0) break;
      shown_.append(buffer.data(), static_cast<std::size_t>(size));
    }
    EXPECT_NE(shown_.find(needle, searched_), std::string::npos) << "shown: " << shown_;
    searched_ = shown_.size();
    return shown_;
  }
  // The status of waitpid() when it has ended.
  int wait_status() {
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
    ended_ = true;
    return status;
  }
  [[nodiscard]] bool echoes() const {
    termios state{};
    EXPECT_EQ(tcgetattr(terminal_, &state), 0);
    return (state.c_lflag & ECHO) != 0;
  }

 private:
  int terminal_ = -1;
  pid_t pid_ = -1;
  bool ended_ = false;
  std::string shown_;
  std::size_t searched_ = 0;
};

TEST(AskPasswords, LinesAreReadWithoutBeingShown) {
  Asker asker({"Password: ", "Again: "});
  asker.shown_until("Password: ");
  EXPECT_FALSE(asker.echoes());
  asker.type("wonderland\n");
  asker.shown_until("Again: ");
  asker.type("looking glass\n");
  const std::string shown = asker.shown_until("got <wonderland> <looking glass>");

  EXPECT_EQ(shown.find("wonderland"), shown.rfind("wonderland")) << "only what the program writes at last";
  EXPECT_TRUE(asker.echoes());
  EXPECT_EQ(asker.wait_status(), 0);
}

TEST(AskPasswords, InterruptingKeysEndTheProgramAtOnceAndLeaveTheTerminalAsItWas) {
  for (const auto& [key, signal] : {std::pair("\x03", SIGINT), std::pair("\x1c", SIGQUIT)}) {
    Asker asker({"Password: "});
    asker.shown_until("Password: ");
    asker.type("wonder");
    asker.type(key);

    const int status = asker.wait_status();

    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), signal);
    EXPECT_TRUE(asker.echoes());
  }
}

// There is no shell here that could continue it, so that it is not stopped at all.
TEST(AskPasswords, WhoWantedToStopTheProgramIsAskedAgain) {
  Asker asker({"Password: "});
  asker.shown_until("Password: ");
  asker.type("wonder\x1a");
  asker.shown_until("Password: ");
  asker.type("wonderland\n");

  asker.shown_until("got <wonderland>");
  EXPECT_EQ(asker.wait_status(), 0);
}

TEST(AskPasswords, EndOfInputIsNoPassword) {
  Asker asker({"Password: "});
  asker.shown_until("Password: ");
  asker.type("\x04");
  asker.shown_until("no password was given");
  EXPECT_EQ(asker.wait_status(), 0);
}

TEST(ReadPassword, LineEndAtTheEndIsLeftOut) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  ASSERT_EQ(write(ends[1], "a b \r\n", 6), 6);
  close(ends[1]);
  EXPECT_EQ(read_password_fd(ends[0]), "a b ");
  close(ends[0]);
}

TEST(ReadPassword, WhatCannotBeReadIsNamed) {
  EXPECT_EQ(read_password_fd(987).error(), "--password-fd 987: Bad file descriptor");
  EXPECT_EQ(read_password_file("/nonexistent/file").error(), "/nonexistent/file: No such file or directory");
}

}  // namespace password_test
}  // namespace tsp::linux_
