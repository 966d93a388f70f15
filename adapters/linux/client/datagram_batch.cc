// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/datagram_batch.h"

#include <cerrno>

#include "core/base/assert.h"

namespace tsp::linux_ {

DatagramBatch::DatagramBatch(std::size_t size_max)
    : size_max_(size_max),
      bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(kMessages * size_max)),
      parts_(kMessages),
      messages_(kMessages) {
  for (std::size_t i = 0; i < kMessages; ++i) {
    parts_[i] = {.iov_base = slot(i), .iov_len = size_max_};
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

int DatagramBatch::receive(int fd) {
  for (iovec& part : parts_) part.iov_len = size_max_;
  return recvmmsg(fd, messages_.data(), kMessages, MSG_DONTWAIT, nullptr);
}

void DatagramBatch::add(std::size_t size) {
  TSP_ASSERT(!full() && size <= size_max_);
  parts_[used_].iov_len = size;
  ++used_;
}

bool DatagramBatch::send(int fd) {
  bool clean = true;
  std::size_t sent = 0;
  while (sent < used_) {
    const int now = sendmmsg(fd, &messages_[sent], static_cast<unsigned>(used_ - sent), MSG_DONTWAIT);
    if (now > 0) {
      sent += static_cast<std::size_t>(now);
      continue;
    }
    if (errno == EINTR) continue;
    // A full queue: what is left is lost, as it would be anywhere on the way.
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) break;
    // An error about an earlier datagram is reported in place of the next one, which can be sent after that.
    if (clean && (errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH)) {
      clean = false;
      continue;
    }
    ++sent;
  }
  used_ = 0;
  return clean;
}

}  // namespace tsp::linux_
