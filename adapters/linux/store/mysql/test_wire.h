// SPDX-License-Identifier: Apache-2.0
//
// Stands between a store and its server, and loses what a network can lose.
#pragma once

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tsp::linux_::mysql {

class TestWire {
 public:
  enum class Mode : std::uint8_t {
    Pass,
    CutBeforeCommit,  // the next COMMIT does not arrive, and the connection ends
    CutAfterCommit,   // the answer to the next COMMIT does not arrive, and the connection ends
    Swallow,          // nothing arrives any more, and nothing ends
  };

  TestWire(std::string path, std::string server) : path_(std::move(path)), server_(std::move(server)) {
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(path_);
    if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
    if (::listen(listening_, 16) != 0) std::abort();
    accepting_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
  }
  ~TestWire() {
    accepting_.request_stop();
    accepting_.join();
    for (std::jthread& one : passing_) one.request_stop();
    passing_.clear();
    ::close(listening_);
  }
  TestWire(const TestWire&) = delete;
  TestWire& operator=(const TestWire&) = delete;

  void set(Mode mode) { mode_ = mode; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static constexpr int kPollMs = 20;

  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  void accept_all(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd one{.fd = listening_, .events = POLLIN, .revents = 0};
      if (::poll(&one, 1, kPollMs) <= 0) continue;
      const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) passing_.emplace_back([this, client](const std::stop_token& s) { pass(client, s); });
    }
  }

  void pass(int client, const std::stop_token& stop) {
    const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(server_);
    if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      while (!stop.stop_requested() && pass_some(client, server)) {
      }
    }
    ::close(client);
    ::close(server);
  }

  // False: the connection ends.
  bool pass_some(int client, int server) {
    std::array<pollfd, 2> both{pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0}};
    if (::poll(both.data(), both.size(), kPollMs) <= 0) return true;
    if (both[0].revents != 0 && !pass_from_client(client, server)) return false;
    return both[1].revents == 0 || copy(server, client);
  }

  bool pass_from_client(int client, int server) {
    std::array<char, 16384> buffer{};
    const ssize_t size = ::read(client, buffer.data(), buffer.size());
    if (size <= 0) return false;
    const std::string_view sent(buffer.data(), static_cast<std::size_t>(size));
    const bool commits = sent.find(
                             "\x03"
                             "COMMIT") != std::string_view::npos;
    if (mode_ == Mode::Swallow) return true;
    if (commits && take(Mode::CutBeforeCommit)) return false;
    if (::send(server, sent.data(), sent.size(), MSG_NOSIGNAL) < 0) return false;
    if (!commits || !take(Mode::CutAfterCommit)) return true;
    (void)!::read(server, buffer.data(), buffer.size());  // so that it has been done
    return false;
  }
  bool copy(int from, int to) {
    std::array<char, 16384> buffer{};
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size <= 0) return false;
    if (mode_ == Mode::Swallow) return true;
    return ::send(to, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL) >= 0;
  }
  // Once.
  bool take(Mode mode) { return mode_.compare_exchange_strong(mode, Mode::Pass); }

  std::string path_;
  std::string server_;
  int listening_ = -1;
  std::atomic<Mode> mode_ = Mode::Pass;
  std::vector<std::jthread> passing_;  // of the accepting thread
  std::jthread accepting_;
};

}  // namespace tsp::linux_::mysql
