// SPDX-License-Identifier: Apache-2.0
//
// A client of bytes and sockets: it says what it is told to, in the form it is told to.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/time.h>
#include <tsp/types.h>

#include "adapters/linux/net/file_descriptor.h"
#include "tools/tsp-load/conformance/check.h"

namespace tsp::load::conformance {

class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer() = default;

  // One message; its reply. Throws Violation if there is none.
  virtual std::string ask(std::string_view message) = 0;
  [[nodiscard]] virtual bool is_stream() const = 0;
};

struct UdpOptions {
  std::uint32_t first_word = 0xF00000F0;  // marker and sequence number, as gogoc begins
  std::uint16_t source_port = 0;          // 0: any
};

class UdpPeer final : public Peer {
 public:
  explicit UdpPeer(const Target& target, UdpOptions options = {});

  // Under the next sequence number, three times at most.
  std::string ask(std::string_view message) override;
  [[nodiscard]] bool is_stream() const override { return false; }
  // The last message again, under the same sequence number and a later timestamp.
  std::string repeat() { return exchange(word_, ++timestamp_, message_); }
  // Under these words. Throws Violation if the reply has others, or comes from elsewhere.
  std::string exchange(std::uint32_t word, std::uint32_t timestamp, std::string_view message);

  void send(ByteView datagram);
  // Under the next sequence number, without waiting for a reply.
  void say(std::string_view message);
  // As a client does that begins anew.
  void continue_from(std::uint32_t word) { next_word_ = word; }
  // The next datagram of the server, none if none comes in time.
  std::optional<Bytes> receive(Duration timeout);
  // The next tunnelled packet.
  std::optional<Bytes> receive_packet(Duration timeout);
  // Whether nothing comes back.
  bool is_ignored(ByteView datagram);
  bool is_ignored(std::uint32_t word, std::string_view message);

 private:
  const Target& target_;
  linux_::FileDescriptor fd_;
  std::uint32_t next_word_;
  std::uint32_t word_ = 0;
  std::uint32_t timestamp_ = 423;
  std::string message_;
};

class TcpPeer final : public Peer {
 public:
  // Throws NotTestable if nobody listens.
  explicit TcpPeer(const Target& target);

  std::string ask(std::string_view message) override;
  [[nodiscard]] bool is_stream() const override { return true; }
  // One write.
  void send(std::string_view bytes);
  // What one read gives, empty at the end of the stream. Throws Violation if nothing comes.
  std::string receive();
  // Whether the server ends the stream in time, and says nothing more.
  bool is_closed();
  bool is_silent();

 private:
  [[nodiscard]] bool readable(Duration timeout) const;

  const Target& target_;
  linux_::FileDescriptor fd_;
};

// The address of this host that the server sees. Error: one line.
[[nodiscard]] std::expected<IPv6Address, std::string> local_address_towards(const Endpoint& server);

// Whether something listens there.
[[nodiscard]] bool accepts_tcp(const Endpoint& server);

}  // namespace tsp::load::conformance
