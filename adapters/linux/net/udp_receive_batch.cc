// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/udp_receive_batch.h"

namespace tsp::linux_ {
namespace {

// What the kernel may merge, and a bit more: buffers exactly 64 KiB apart would compete for the same cache lines.
constexpr std::size_t kBytesMax = 65'536;
constexpr std::size_t kStride = UdpReceiveBatch::kRoomBefore + kBytesMax + 256;

}  // namespace

UdpReceiveBatch::UdpReceiveBatch()
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

void UdpReceiveBatch::prepare(std::size_t index) {
  msghdr& message = messages_[index].msg_hdr;
  message.msg_namelen = sizeof slots_[index].remote;
  message.msg_controllen = slots_[index].control.bytes.size();
}

std::size_t UdpReceiveBatch::receive(const UdpSocket& socket) {
  for (std::size_t i = 0; i < used_; ++i) prepare(i);
  local_port_ = socket.local().port;
  const int count = recvmmsg(socket.fd(), messages_.data(), kMessages, MSG_DONTWAIT, nullptr);
  used_ = count < 0 ? 0 : static_cast<std::size_t>(count);
  return used_;
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
