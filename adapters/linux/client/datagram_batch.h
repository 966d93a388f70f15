// SPDX-License-Identifier: Apache-2.0
//
// Many datagrams of a connected socket with one system call.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <tsp/types.h>

namespace tsp::linux_ {

class DatagramBatch {
 public:
  static constexpr std::size_t kMessages = 64;
  static constexpr std::size_t kSizeMax = 2048;         // of a datagram
  static constexpr std::size_t kMergedSizeMax = 65536;  // of what the kernel has merged

  // `size_max`: of one datagram; what is longer is cut off, and then found wrong.
  explicit DatagramBatch(std::size_t size_max = kSizeMax);

  // ---- receiving ----
  // Forgets everything and takes what waits on the socket. The number of datagrams; -1 for an error (see errno).
  [[nodiscard]] int receive(int fd);
  [[nodiscard]] std::span<std::uint8_t> at(std::size_t index) const { return {slot(index), messages_[index].msg_len}; }

  // ---- sending ----
  [[nodiscard]] bool full() const { return used_ == kMessages; }
  [[nodiscard]] bool empty() const { return used_ == 0; }
  // Room for one more datagram of at most size_max bytes; then add() takes it.
  [[nodiscard]] std::uint8_t* room() { return slot(used_); }
  void add(std::size_t size);
  // Sends and forgets all that was added. False: the kernel reported an error of an earlier datagram (ICMP).
  bool send(int fd);

 private:
  [[nodiscard]] std::uint8_t* slot(std::size_t index) const { return bytes_.get() + index * size_max_; }

  std::size_t size_max_;
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::vector<iovec> parts_;
  std::vector<mmsghdr> messages_;
  std::size_t used_ = 0;
};

}  // namespace tsp::linux_
