// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/receive_batch.h"

namespace tsp::linux_ {
namespace {

// What the kernel may merge, and a bit more: buffers exactly 64 KiB apart would compete for the same cache lines.
constexpr std::size_t kBytesMax = 65'536;
constexpr std::size_t kStride = ReceiveBatch::kRoomBefore + kBytesMax + 256;

// The kernel has checked it, and put fragments together.
std::span<std::uint8_t> behind_ipv4_header(std::span<std::uint8_t> packet) {
  const std::size_t size = packet.empty() ? 0 : static_cast<std::size_t>(packet[0] & 0xF) * 4;
  return size < packet.size() ? packet.subspan(size) : std::span<std::uint8_t>{};
}

}  // namespace

ReceiveBatch::ReceiveBatch()
    : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(kMessages * kStride)),
      slots_(kMessages),
      messages_(kMessages) {
  for (std::size_t i = 0; i < kMessages; ++i) {
    slots_[i].part = {bytes_.get() + i * kStride + kRoomBefore, kBytesMax};
    messages_[i].msg_hdr.msg_name = &slots_[i].remote;
    messages_[i].msg_hdr.msg_iov = &slots_[i].part;
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_control = slots_[i].control.bytes.data();
    prepare(i);
  }
}

void ReceiveBatch::prepare(std::size_t index) {
  msghdr& message = messages_[index].msg_hdr;
  message.msg_namelen = sizeof slots_[index].remote;
  message.msg_controllen = slots_[index].control.bytes.size();
}

std::size_t ReceiveBatch::receive(const OuterSocket& socket) {
  for (std::size_t i = 0; i < used_; ++i) prepare(i);
  local_port_ = socket.local().port;
  has_header_ = !socket.is_udp() && socket.local().is_ipv4();
  const int count = recvmmsg(socket.fd(), messages_.data(), kMessages, MSG_DONTWAIT, nullptr);
  used_ = count < 0 ? 0 : static_cast<std::size_t>(count);
  return used_;
}

std::optional<ReceivedDatagrams> ReceiveBatch::at(std::size_t index) {
  const Slot& slot = slots_[index];
  const auto control = read_control(messages_[index].msg_hdr);
  const std::span received(static_cast<std::uint8_t*>(slot.part.iov_base), std::size_t{messages_[index].msg_len});
  const std::span<std::uint8_t> bytes = has_header_ ? behind_ipv4_header(received) : received;
  if (!control || bytes.empty()) return std::nullopt;
  Endpoint remote = to_endpoint(slot.remote);
  if (local_port_ == 0) remote.port = 0;
  return ReceivedDatagrams{.path = {.remote = remote, .local = {control->destination, local_port_}},
                           .bytes = bytes,
                           .segment_size = control->segment_size == 0 ? bytes.size() : control->segment_size};
}

}  // namespace tsp::linux_
