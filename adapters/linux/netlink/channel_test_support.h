// SPDX-License-Identifier: Apache-2.0
//
// For tests: messages written byte by byte, and a kernel that answers as it is told.
#pragma once

#include <linux/netlink.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <expected>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include <tsp/types.h>

#include "adapters/linux/netlink/channel.h"

namespace tsp::linux_::test {

inline Bytes operator+(Bytes one, const Bytes& other) {
  one.insert(one.end(), other.begin(), other.end());
  return one;
}
inline Bytes pad(Bytes bytes) {
  bytes.resize((bytes.size() + 3) / 4 * 4);
  return bytes;
}
// As this host stores it.
template <class T>
Bytes raw(T value) {
  Bytes bytes(sizeof value);
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}
inline Bytes text(std::string_view letters) {
  Bytes bytes(letters.begin(), letters.end());
  bytes.push_back(0);
  return bytes;
}

// struct nlattr: length and type, then the value.
inline Bytes attribute(unsigned type, const Bytes& value) {
  return pad(raw(static_cast<std::uint16_t>(4 + value.size())) + raw(static_cast<std::uint16_t>(type)) + value);
}
inline Bytes nest(unsigned type, const Bytes& attributes) {
  return attribute(type | NLA_F_NESTED, attributes);
}
// struct nlmsghdr, then the rest.
inline Bytes message(unsigned type, unsigned flags, std::uint32_t sequence, const Bytes& rest, std::uint32_t port = 0) {
  return raw(static_cast<std::uint32_t>(16 + rest.size())) + raw(static_cast<std::uint16_t>(type)) +
         raw(static_cast<std::uint16_t>(flags)) + raw(sequence) + raw(port) + rest;
}
// The same with struct genlmsghdr.
inline Bytes generic(unsigned family, unsigned flags, std::uint32_t sequence, std::uint8_t command,
                     const Bytes& attributes, std::uint32_t port = 0) {
  return message(family, flags, sequence, Bytes{command, 1, 0, 0} + attributes, port);
}
// An acknowledgement; `words`: the kernel's own, as an extended one has them.
inline Bytes acknowledgement(std::uint32_t sequence, int error, std::string_view words = {}) {
  const Bytes body = raw(std::int32_t{-error}) + message(0, 0, sequence, {});
  if (words.empty()) return message(NLMSG_ERROR, NLM_F_CAPPED, sequence, body);
  return message(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, sequence,
                 body + attribute(NLMSGERR_ATTR_MSG, text(words)));
}
inline Bytes end_of_dump(std::uint32_t sequence, int error = 0) {
  return message(NLMSG_DONE, NLM_F_MULTI, sequence, raw(std::int32_t{-error}));
}

inline nlmsghdr header_of(ByteView message) {
  nlmsghdr header{};
  std::memcpy(&header, message.data(), sizeof header);
  return header;
}
// Without what the requester fills in, so that it can be compared.
inline Bytes unnumbered(Bytes message) {
  std::memset(message.data() + offsetof(nlmsghdr, nlmsg_seq), 0, 8);
  return message;
}

// What is received one after the other.
using Pieces = std::vector<Bytes>;

class FakeChannel final : public NetlinkChannel {
 public:
  static constexpr std::uint32_t kPort = 4711;
  // What the kernel has to say to one request.
  using Kernel = std::function<Pieces(ByteView request, std::uint32_t sequence)>;

  explicit FakeChannel(Kernel kernel = {}) : kernel_(std::move(kernel)) {}

  [[nodiscard]] std::expected<void, int> send(ByteView messages) override {
    ++sends_;
    while (!messages.empty()) {
      const nlmsghdr header = header_of(messages);
      const ByteView one = messages.first(header.nlmsg_len);
      requests_.emplace_back(one.begin(), one.end());
      for (Bytes& piece : kernel_(one, header.nlmsg_seq)) waiting_.emplace_back(std::move(piece));
      messages = messages.subspan(std::min<std::size_t>(messages.size(), (header.nlmsg_len + 3) / 4 * 4));
    }
    return {};
  }
  // EAGAIN when there is nothing.
  [[nodiscard]] std::expected<Bytes, int> receive() override {
    if (waiting_.empty()) return std::unexpected(EAGAIN);
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    return next;
  }
  [[nodiscard]] std::uint32_t port() const override { return kPort; }

  void push(Bytes piece) { waiting_.emplace_back(std::move(piece)); }
  void push_error(int error) { waiting_.emplace_back(std::unexpected(error)); }
  [[nodiscard]] const std::vector<Bytes>& requests() const { return requests_; }
  [[nodiscard]] std::size_t sends() const { return sends_; }

 private:
  Kernel kernel_;
  std::vector<Bytes> requests_;
  std::deque<std::expected<Bytes, int>> waiting_;
  std::size_t sends_ = 0;
};

}  // namespace tsp::linux_::test
