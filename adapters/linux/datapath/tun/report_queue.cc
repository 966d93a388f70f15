// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/report_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace tsp::linux_ {

void ReportBatch::clear() {
  datagrams.clear();
  bytes.clear();
  confirmed.clear();
  confirmations_lost = false;
}

std::expected<FileDescriptor, std::string> ReportQueue::make_event() {
  FileDescriptor event(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!event.valid()) return std::unexpected(std::string("eventfd: ") + std::strerror(errno));
  return event;
}

bool ReportQueue::add_datagram(const FourTuple& path, ByteView payload) {
  const std::lock_guard lock(mutex_);
  if (waiting_.datagrams.size() >= limits_.datagrams) return false;
  if (waiting_.bytes.size() + payload.size() > limits_.datagram_bytes) return false;
  const bool was_empty = empty();
  waiting_.datagrams.push_back({path, waiting_.bytes.size(), payload.size()});
  waiting_.bytes.insert(waiting_.bytes.end(), payload.begin(), payload.end());
  signal_if_first(was_empty);
  return true;
}

void ReportQueue::add_confirmed(TunnelId id) {
  const std::lock_guard lock(mutex_);
  const bool was_empty = empty();
  if (waiting_.confirmed.size() < limits_.confirmations) {
    waiting_.confirmed.push_back(id);
  } else {
    waiting_.confirmations_lost = true;
  }
  signal_if_first(was_empty);
}

void ReportQueue::take(ReportBatch& batch) {
  const std::lock_guard lock(mutex_);
  std::uint64_t count = 0;
  // Fails if nothing was signalled; then there is nothing to take either.
  [[maybe_unused]] const ssize_t ignored = read(event_.get(), &count, sizeof count);
  std::swap(batch, waiting_);
}

bool ReportQueue::empty() const {
  return waiting_.datagrams.empty() && waiting_.confirmed.empty();
}

void ReportQueue::signal_if_first(bool was_empty) {
  if (!was_empty) return;
  const std::uint64_t one = 1;
  // Fails only when the count would overflow: then the event is readable anyway.
  [[maybe_unused]] const ssize_t ignored = write(event_.get(), &one, sizeof one);
}

}  // namespace tsp::linux_
