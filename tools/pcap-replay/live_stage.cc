// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/live_stage.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "tools/tsp-load/udp_client_socket.h"

namespace tsp::replay {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kDatagramMax = 65535;

}  // namespace

void LiveStage::wait_until(Duration since_first) {
  const Duration pause = std::min(since_first - played_, pause_max_);
  played_ = std::max(played_, since_first);
  const Clock::time_point end = Clock::now() + std::max(pause, Duration{});
  do {
    receive(std::max(std::chrono::duration_cast<Duration>(end - Clock::now()), Duration{}));
  } while (Clock::now() < end);
}

bool LiveStage::wait_for_answer(Duration patience) {
  return receive(patience);
}

void LiveStage::send(const FourTuple& path, ByteView datagram) {
  const int fd = socket_of(path.remote);
  if (fd < 0 || ::send(fd, datagram.data(), datagram.size(), 0) < 0) ++send_failures_;
}

int LiveStage::socket_of(const Endpoint& client) {
  const auto known = sockets_.find(client);
  if (known != sockets_.end()) return known->second.get();
  auto opened = load::open_client_socket(IPv4Address{}, server_);
  if (!opened) return -1;
  return sockets_.emplace(client, std::move(opened->fd)).first->second.get();
}

// What comes within the time; returns as soon as something has. False: nothing has.
bool LiveStage::receive(Duration patience) {
  std::vector<pollfd> descriptors;
  std::vector<const Endpoint*> clients;
  for (const auto& [client, fd] : sockets_) {
    descriptors.push_back({.fd = fd.get(), .events = POLLIN, .revents = 0});
    clients.push_back(&client);
  }
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(patience);
  if (::poll(descriptors.data(), descriptors.size(), static_cast<int>(milliseconds.count())) <= 0) return false;
  std::array<std::uint8_t, kDatagramMax> buffer;  // NOLINT: filled by recv
  for (std::size_t i = 0; i < descriptors.size(); ++i) {
    if (descriptors[i].revents == 0) continue;
    const ssize_t size = ::recv(descriptors[i].fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0) continue;  // an ICMP error; the next answer or the end of the patience says more
    answers_.push_back(
        {.kind = AnswerKind::Datagram, .client = *clients[i], .bytes = Bytes(buffer.begin(), buffer.begin() + size)});
  }
  return true;
}

std::vector<Answer> LiveStage::take_answers() {
  return std::exchange(answers_, {});
}

}  // namespace tsp::replay
