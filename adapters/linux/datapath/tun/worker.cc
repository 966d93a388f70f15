// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/worker.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include "adapters/linux/datapath/tun/rcu.h"

namespace tsp::linux_ {
namespace {

// What an event is about, beside the numbers of the sockets.
constexpr std::uint32_t kQueue = 0xFFFFFFFE;
constexpr std::uint32_t kStop = 0xFFFFFFFF;

constexpr std::size_t kEventsMax = 16;

// Signals are the main thread's business. The calling thread's mask is what a new thread starts with.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Worker::Worker(SharedState& shared, std::span<const OuterSocket> sockets, int queue)
    : sockets_(sockets),
      queue_(queue),
      writer_(queue, shared.offloads, counters_),
      uplink_(shared, writer_, counters_),
      downlink_(shared, queue, sockets, writer_, counters_) {}

Worker::~Worker() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t ignored = write(stop_.get(), &one, sizeof one);
  thread_.join();
}

std::expected<void, std::string> Worker::start() {
  epoll_ = FileDescriptor(epoll_create1(EPOLL_CLOEXEC));
  stop_ = FileDescriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  const bool ready = epoll_.valid() && stop_.valid() && watch(stop_.get(), kStop);
  if (!ready) return std::unexpected(std::string("datapath worker: ") + std::strerror(errno));
  const SignalsBlocked blocked;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return std::unexpected(std::string("datapath worker: ") + error.what());
  }
  return {};
}

std::expected<void, std::string> Worker::begin() {
  bool ready = watch(queue_, kQueue);
  for (std::uint32_t i = 0; ready && i < sockets_.size(); ++i) ready = watch(sockets_[i].fd(), i);
  if (!ready) return std::unexpected(std::string("datapath worker: ") + std::strerror(errno));
  return {};
}

bool Worker::watch(int fd, std::uint32_t index) {
  epoll_event event{.events = EPOLLIN, .data = {.u32 = index}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

void Worker::run() {
  pthread_setname_np(pthread_self(), "datapath");
  register_rcu_thread();
  std::array<epoll_event, kEventsMax> events{};
  for (;;) {
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      if (!serve(events[static_cast<std::size_t>(i)])) return;
    }
  }
}

bool Worker::serve(const epoll_event& event) {
  const std::uint32_t index = event.data.u32;
  if (index == kStop) return false;
  if (index != kQueue) {
    serve(sockets_[index], event.events);
  } else if (!downlink_.forward()) {
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, queue_, nullptr);
  }
  return true;
}

void Worker::serve(const OuterSocket& socket, std::uint32_t events) {
  if ((events & EPOLLERR) != 0 && !socket.is_udp()) counters_.outer_errors.add(socket.take_errors());
  uplink_.receive(socket);
}

}  // namespace tsp::linux_
