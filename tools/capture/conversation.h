// SPDX-License-Identifier: Apache-2.0
//
// What a capture holds, above UDP and TCP: who said what to whom, and when; and the packets of tunnels without UDP.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "tools/capture/capture_reader.h"
#include "tools/capture/ip_packet.h"
#include "tools/capture/stream_assembler.h"

namespace tsp::capture {

enum class UtteranceKind : std::uint8_t {
  Datagram,
  StreamOpened,  // by `from`
  StreamBytes,   // in order, each once; as they became known
  StreamClosed,  // `from` says nothing more
  Packet,        // directly in the outer packet (v6v4, v4v6)
};

struct Utterance {
  Duration at{};  // since the epoch
  UtteranceKind kind = UtteranceKind::Datagram;
  Endpoint from{};
  Endpoint to{};
  Bytes bytes{};
};

// By the port of TSP at one end, and not at both. A Packet has no ports: the broker's end has that of TSP all the same,
// and the client's end 0.
[[nodiscard]] bool is_to_broker(const Utterance& utterance);
[[nodiscard]] bool is_from_broker(const Utterance& utterance);

struct Conversation {
  std::vector<Utterance> utterances{};
  // What was left out, a line each with the number of the packet, from 1.
  std::vector<std::string> left_out{};
};

// Error: one line.
[[nodiscard]] std::expected<Conversation, std::string> read_conversation(const std::string& path);

// Makes a conversation of packets, in the order of their times.
class ConversationBuilder {
 public:
  void add(const CapturedPacket& packet);
  [[nodiscard]] Conversation finish();

 private:
  using Direction = std::pair<Endpoint, Endpoint>;

  void add_segment(Duration at, const TransportPacket& segment);
  void add_packet(Duration at, TransportPacket packet);
  void leave_out(std::string why);
  void utter(Duration at, UtteranceKind kind, const TransportPacket& packet, ByteView bytes);

  Conversation conversation_;
  std::map<Direction, StreamAssembler> streams_;
  std::set<IPv6Address> brokers_;  // that somebody has signalled with
  std::size_t packets_ = 0;
};

}  // namespace tsp::capture
