// SPDX-License-Identifier: Apache-2.0
//
// A netlink socket as bytes that go to the kernel and come from it: what NetlinkRequester and EventWatch need, and what
// tests put in the kernel's place.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include <tsp/types.h>

struct nl_sock;

namespace tsp::linux_ {

class NetlinkChannel {
 public:
  virtual ~NetlinkChannel() = default;

  // One or more messages, each padded to four bytes. Error: an errno.
  [[nodiscard]] virtual std::expected<void, int> send(ByteView messages) = 0;
  // What the kernel sent in one piece: one or more messages. Error: an errno; ENOBUFS: it had more to tell than fitted.
  [[nodiscard]] virtual std::expected<Bytes, int> receive() = 0;
  // The address of the socket, which the kernel names in what the socket's requests cause.
  [[nodiscard]] virtual std::uint32_t port() const = 0;
};

// The real one.
class NetlinkSocket final : public NetlinkChannel {
 public:
  // Of NETLINK_ROUTE or NETLINK_GENERIC. receive() waits some seconds at most. Error: one line.
  [[nodiscard]] static std::expected<std::unique_ptr<NetlinkSocket>, std::string> open(int protocol);
  ~NetlinkSocket() override;

  [[nodiscard]] std::expected<void, int> send(ByteView messages) override;
  [[nodiscard]] std::expected<Bytes, int> receive() override;
  [[nodiscard]] std::uint32_t port() const override;

  // ---- for a socket that only listens

  [[nodiscard]] int fd() const;
  // From now on receive() fails with EAGAIN when nothing is there.
  void never_wait();
  // Error: one line.
  [[nodiscard]] std::expected<void, std::string> join(std::uint32_t group);

 private:
  struct Deleter {
    void operator()(nl_sock* socket) const;
  };
  std::unique_ptr<nl_sock, Deleter> socket_;
};

}  // namespace tsp::linux_
