// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/udp_receive_batch.h"

namespace tsp::linux_ {
namespace {

// What the kernel may merge, and a bit more: buffers exactly 64 KiB apart would compete for the same cache lines.
constexpr std::size_t kBytesMax = 65'536;
constexpr std::size_t kStride = kBytesMax + 320;

}  // namespace

UdpReceiveBatch::UdpReceiveBatch()
    : bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(kMessages * kStride)),
      slots_(kMessages),
      messages_(kMessages) {
  for (std::size_t i = 0; i < kMessages; ++i) slots_[i].part = {bytes_.get() + i * kStride, kBytesMax};
}

std::size_t UdpReceiveBatch::receive(const UdpSocket& socket) {
  local_port_ = socket.local().port;
  for (std::size_t i = 0; i < kMessages; ++i) {
    Slot& slot = slots_[i];
    msghdr& message = messages_[i].msg_hdr;
    message = {};
    message.msg_name = &slot.remote;
    message.msg_namelen = sizeof slot.remote;
    message.msg_iov = &slot.part;
    message.msg_iovlen = 1;
    message.msg_control = slot.control.bytes.data();
    message.msg_controllen = slot.control.bytes.size();
  }
  const int count = recvmmsg(socket.fd(), messages_.data(), kMessages, MSG_DONTWAIT, nullptr);
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

std::optional<ReceivedDatagrams> UdpReceiveBatch::at(std::size_t index) {
  const std::size_t size = messages_[index].msg_len;
  const auto control = read_control(messages_[index].msg_hdr);
  if (!control || size == 0) return std::nullopt;
  const Slot& slot = slots_[index];
  return ReceivedDatagrams{
      .path = {.remote = to_endpoint(slot.remote), .local = make_endpoint(control->destination, local_port_)},
      .bytes = {static_cast<const std::uint8_t*>(slot.part.iov_base), size},
      .segment_size = control->segment_size == 0 ? size : control->segment_size};
}

}  // namespace tsp::linux_
