// SPDX-License-Identifier: Apache-2.0
#include "tools/capture/conversation.h"

#include "core/client/server_name.h"
#include "core/dataplane/headers.h"

namespace tsp::capture {
namespace {

constexpr std::uint8_t kTcpSyn = 0x02;
constexpr std::uint8_t kTcpRst = 0x04;

std::string_view reason(NotTransport why) {
  switch (why) {
    case NotTransport::OtherProtocol:
      break;
    case NotTransport::Fragment:
      return "a fragment";
    case NotTransport::CutOff:
      return "fewer bytes than its headers promise";
  }
  return "neither UDP nor TCP, nor a tunnel's";
}

}  // namespace

bool is_to_broker(const Utterance& utterance) {
  return utterance.to.port == client::kTspPort && utterance.from.port != client::kTspPort;
}

bool is_from_broker(const Utterance& utterance) {
  return utterance.from.port == client::kTspPort && utterance.to.port != client::kTspPort;
}

std::expected<Conversation, std::string> read_conversation(const std::string& path) {
  auto reader = CaptureReader::open(path);
  if (!reader) return std::unexpected(reader.error());
  ConversationBuilder builder;
  for (;;) {
    const auto packet = reader->next();
    if (!packet) return std::unexpected(path + ": " + packet.error());
    if (!*packet) return builder.finish();
    builder.add(**packet);
  }
}

void ConversationBuilder::add(const CapturedPacket& packet) {
  ++packets_;
  if (packet.missing > 0) return leave_out("cut off by " + std::to_string(packet.missing) + " bytes");
  const auto transport = read_transport(packet.ip);
  if (!transport) return leave_out(std::string(reason(transport.error())));
  if (transport->protocol == dataplane::kTcp) return add_segment(packet.at, *transport);
  if (transport->protocol != dataplane::kUdp) return add_packet(packet.at, *transport);
  utter(packet.at, UtteranceKind::Datagram, *transport, transport->payload);
}

// Who of the two is the broker only their signalling tells.
void ConversationBuilder::add_packet(Duration at, TransportPacket packet) {
  if (brokers_.contains(packet.to.address)) {
    packet.to.port = client::kTspPort;
  } else if (brokers_.contains(packet.from.address)) {
    packet.from.port = client::kTspPort;
  } else {
    return leave_out("of a tunnel whose signalling is not in the file");
  }
  utter(at, UtteranceKind::Packet, packet, packet.payload);
}

void ConversationBuilder::add_segment(Duration at, const TransportPacket& segment) {
  const Direction direction{segment.from, segment.to};
  if ((segment.tcp_flags & kTcpSyn) != 0) {
    const bool known = streams_.contains(direction);
    streams_.insert_or_assign(direction, StreamAssembler(segment.sequence + 1));
    if ((segment.tcp_flags & dataplane::kTcpAck) == 0 && !known) utter(at, UtteranceKind::StreamOpened, segment, {});
    return;
  }
  const auto stream = streams_.find(direction);
  if (stream == streams_.end()) {
    if (!segment.payload.empty()) leave_out("of a stream whose beginning is not in the file");
    return;
  }
  const Bytes news = stream->second.add(segment.sequence, segment.payload);
  if (!news.empty()) utter(at, UtteranceKind::StreamBytes, segment, news);
  if ((segment.tcp_flags & (dataplane::kTcpFin | kTcpRst)) == 0) return;
  if (stream->second.has_gap()) leave_out("the end of a stream with a gap");
  streams_.erase(stream);
  utter(at, UtteranceKind::StreamClosed, segment, {});
}

Conversation ConversationBuilder::finish() {
  for (const auto& [direction, stream] : streams_) {
    if (stream.has_gap()) leave_out("after it, the end of a stream with a gap");
  }
  return std::move(conversation_);
}

void ConversationBuilder::leave_out(std::string why) {
  conversation_.left_out.push_back("packet " + std::to_string(packets_) + ": " + std::move(why));
}

void ConversationBuilder::utter(Duration at, UtteranceKind kind, const TransportPacket& packet, ByteView bytes) {
  conversation_.utterances.push_back(
      {.at = at, .kind = kind, .from = packet.from, .to = packet.to, .bytes = Bytes(bytes.begin(), bytes.end())});
  if (is_to_broker(conversation_.utterances.back())) brokers_.insert(packet.to.address);
}

}  // namespace tsp::capture
