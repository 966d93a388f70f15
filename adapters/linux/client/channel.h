// SPDX-License-Identifier: Apache-2.0
//
// A socket to a server: what the supervisor's OpenSocket, SendBytes and CloseSocket become.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include <asio/io_context.hpp>

#include <tsp/address.h>
#include <tsp/types.h>

#include "core/client/messages.h"

namespace tsp::linux_ {

struct ChannelEvents {
  std::function<void(const Endpoint& local, const Endpoint& remote)> opened;
  std::function<void(std::string reason)> failed;              // at most once, and the last event
  std::function<void()> unreachable;                           // an ICMP error came back
  std::function<void(std::span<std::uint8_t> bytes)> arrived;  // a datagram, or bytes of the stream; may be changed
};

// Events come from the io_context only, never from inside a call of this class, and not after the destructor.
class Channel {
 public:
  virtual ~Channel() = default;
  virtual void send(ByteView bytes) = 0;
  // The connected UDP socket, for the tunnel's packets; -1 for TCP.
  [[nodiscard]] virtual int datagram_fd() const { return -1; }
};

[[nodiscard]] std::unique_ptr<Channel> open_channel(asio::io_context& io, const client::OpenSocket& order,
                                                    ChannelEvents events);

}  // namespace tsp::linux_
