// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/datapath/tun/outgoing_batch.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "core/dataplane/segment.h"

namespace tsp::linux_ {
namespace {

// How long a full send buffer may hold up a worker. The device's queue is the better place for packets to wait and to
// be dropped.
constexpr int kPatienceMilliseconds = 5;

// UDP_SEGMENT needs a device that computes checksums (EIO), and segments that fit into the path's MTU: the kernel does
// not fragment them (EINVAL, EMSGSIZE).
bool segmentation_impossible(int code) {
  return code == EIO || code == EINVAL || code == EMSGSIZE;
}

}  // namespace

void OutgoingBatch::add(Tunnel& tunnel, ByteView datagrams, std::size_t segment_size) {
  const Message whole{&tunnel, datagrams, segment_size};
  if (whole.count() == 1 || may_segment(tunnel)) {
    append(whole);
    return;
  }
  for (std::size_t at = 0; at < datagrams.size(); at += segment_size) {
    const std::size_t size = std::min(segment_size, datagrams.size() - at);
    append({&tunnel, datagrams.subspan(at, size), size});
  }
}

void OutgoingBatch::append(const Message& message) {
  if (join_last(message)) return;
  if (size_ == kMessages) flush();
  messages_[size_++] = message;
}

// Neighbours in memory of one tunnel: full segments, and behind them one that may be shorter.
bool OutgoingBatch::join_last(const Message& message) {
  if (size_ == 0 || !may_segment(*message.tunnel)) return false;
  Message& last = messages_[size_ - 1];
  const bool adjacent = last.datagrams.data() + last.datagrams.size() == message.datagrams.data();
  const bool last_is_full = last.datagrams.size() % last.segment_size == 0;
  if (last.tunnel != message.tunnel || !adjacent || !last_is_full) return false;
  const bool cut_alike =
      message.count() == 1 ? message.segment_size <= last.segment_size : message.segment_size == last.segment_size;
  const std::size_t bytes = last.datagrams.size() + message.datagrams.size();
  if (!cut_alike || last.count() + message.count() > dataplane::kSegmentsPerSend) return false;
  if (bytes > dataplane::kBytesPerSend) return false;
  last.datagrams = {last.datagrams.data(), bytes};
  return true;
}

bool OutgoingBatch::may_segment(const Tunnel& tunnel) const {
  return offloads_.udp_segment.load(std::memory_order_relaxed) &&
         !tunnel.segmentation_refused.load(std::memory_order_relaxed);
}

void OutgoingBatch::flush() {
  for (std::size_t i = 0; i < size_; ++i) prepare(i);
  std::size_t first = 0;
  while (first < size_) {
    std::size_t last = first + 1;
    while (last < size_ && messages_[last].tunnel->listener == messages_[first].tunnel->listener) ++last;
    send_range(first, last);
    first = last;
  }
  size_ = 0;
}

void OutgoingBatch::prepare(std::size_t index) {
  const Message& message = messages_[index];
  msghdr& header = headers_[index].msg_hdr;
  parts_[index] = {const_cast<std::uint8_t*>(message.datagrams.data()), message.datagrams.size()};
  header = {};
  header.msg_name = const_cast<SocketAddress*>(&message.tunnel->remote);
  header.msg_namelen = message.tunnel->remote.size();
  header.msg_iov = &parts_[index];
  header.msg_iovlen = 1;
  const std::size_t segment_size = message.count() > 1 ? message.segment_size : 0;
  write_control(header, controls_[index], message.tunnel->spec.path.local.address,
                static_cast<std::uint16_t>(segment_size));
}

void OutgoingBatch::send_range(std::size_t first, std::size_t last) {
  const int fd = sockets_[messages_[first].tunnel->listener].fd();
  bool waited = false;
  bool repeated = false;
  while (first < last) {
    const int sent = sendmmsg(fd, headers_.data() + first, static_cast<unsigned>(last - first), 0);
    if (sent > 0) {
      for (const std::size_t end = first + static_cast<std::size_t>(sent); first < end; ++first) {
        count_sent(messages_[first]);
      }
      repeated = false;
    } else if (errno == EAGAIN && !waited) {
      waited = true;
      pollfd writable{.fd = fd, .events = POLLOUT, .revents = 0};
      poll(&writable, 1, kPatienceMilliseconds);
    } else if (is_pending_error(errno) && !repeated) {
      repeated = true;
    } else {
      handle_refusal(messages_[first], errno);
      repeated = false;
      ++first;
    }
  }
}

void OutgoingBatch::handle_refusal(const Message& message, int code) {
  if (message.count() == 1 || !segmentation_impossible(code)) {
    counters_.drop(dataplane::DropReason::SendFailed, message.count());
    return;
  }
  if (!message.tunnel->segmentation_refused.exchange(true, std::memory_order_relaxed)) {
    counters_.segmentation_refused.add();
  }
  send_singly(message);
}

void OutgoingBatch::send_singly(const Message& message) {
  const OuterSocket& socket = sockets_[message.tunnel->listener];
  for (std::size_t at = 0; at < message.datagrams.size(); at += message.segment_size) {
    const std::size_t size = std::min(message.segment_size, message.datagrams.size() - at);
    const ByteView datagram = message.datagrams.subspan(at, size);
    if (send_datagram(socket, message.tunnel->spec.path, datagram)) {
      count_sent({message.tunnel, datagram, size});
    } else {
      counters_.drop(dataplane::DropReason::SendFailed);
    }
  }
}

void OutgoingBatch::count_sent(const Message& message) {
  const std::size_t count = message.count();
  message.tunnel->count_down(count, message.datagrams.size());
  counters_.packets_down.add(count);
  counters_.bytes_down.add(message.datagrams.size());
  if (count > 1) counters_.segmented_down.add(count);
}

}  // namespace tsp::linux_
