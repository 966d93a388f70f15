// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/player.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/hex.h"
#include "core/dataplane/classify.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/packet.h"
#include "core/wire/udp_header.h"
#include "tools/pcap-replay/packet_words.h"

namespace tsp::replay {
namespace {

using capture::Utterance;
using capture::UtteranceKind;

constexpr Duration kPatience = std::chrono::seconds(2);

// What the two versions of ICMP call the same.
struct IcmpType {
  std::uint8_t ipv4;
  std::uint8_t ipv6;
};
constexpr IcmpType kEchoRequest{.ipv4 = 8, .ipv6 = 128};
constexpr IcmpType kEchoReply{.ipv4 = 0, .ipv6 = 129};

bool is_inner(ByteView datagram) {
  return dataplane::classify(datagram) == dataplane::DatagramKind::Inner;
}

// Of an inner packet.
bool is_icmp(ByteView packet, IcmpType type) {
  const std::size_t header = dataplane::ip_header_size(packet);
  if (packet.size() <= header || dataplane::is_ipv4_fragment(packet)) return false;
  if (dataplane::is_ipv4(packet)) {
    return dataplane::protocol_of(packet) == dataplane::kIcmpv4 && packet[header] == type.ipv4;
  }
  return dataplane::protocol_of(packet) == dataplane::kIcmpv6 && packet[header] == type.ipv6;
}

Carrier carrier_of(UtteranceKind kind) {
  if (kind == UtteranceKind::Datagram) return Carrier::Udp;
  return kind == UtteranceKind::Packet ? Carrier::Bare : Carrier::Tcp;
}

std::string_view text_behind_header(ByteView datagram) {
  return as_text(datagram.subspan(wire::kUdpHeaderSize));
}

}  // namespace

Transcript Player::play(const capture::Conversation& conversation) {
  if (conversation.utterances.empty()) return {};
  const Duration first = conversation.utterances.front().at;
  for (const Utterance& utterance : conversation.utterances) {
    if (is_to_broker(utterance)) {
      play_client(utterance, utterance.at - first);
    } else {
      note_recorded(utterance);
    }
  }
  stage_.wait_until(conversation.utterances.back().at - first + kPatience);
  listen();
  finish();
  return std::move(transcript_);
}

Player::Client& Player::client_at(const Endpoint& endpoint) {
  const auto known = clients_.find(endpoint);
  if (known != clients_.end()) return known->second;
  transcript_.outcomes.push_back({.client = endpoint});
  return clients_.emplace(endpoint, Client{Follower(passwords_), transcript_.outcomes.size() - 1}).first->second;
}

Player::Client* Player::find_client(const Endpoint& endpoint) {
  if (endpoint.port != 0) {
    const auto known = clients_.find(endpoint);
    return known == clients_.end() ? nullptr : &known->second;
  }
  Client* last = nullptr;
  for (auto& [at, client] : clients_) {
    if (at.address == endpoint.address && (last == nullptr || client.outcome > last->outcome)) last = &client;
  }
  return last;
}

void Player::note_recorded(const Utterance& utterance) {
  const auto client = clients_.find(utterance.to);
  if (client == clients_.end()) return;
  if (utterance.kind == UtteranceKind::StreamBytes) {
    client->second.follower.recorded(as_text(utterance.bytes));
    ++client->second.writes_owed;
  } else if (utterance.kind != UtteranceKind::Datagram || is_inner(utterance.bytes) ||
             !wire::parse_udp_header(utterance.bytes, client->second.legacy)) {
    return;
  } else {
    client->second.follower.recorded(text_behind_header(utterance.bytes));
  }
  wait_for_what_is_owed(client->second);
}

// The client went on only because there was an answer.
void Player::wait_for_what_is_owed(Client& client) {
  while ((client.owed || client.writes_owed > 0) && stage_.wait_for_answer(kPatience)) listen();
  client.owed.reset();
  client.writes_owed = 0;
}

void Player::play_client(const Utterance& utterance, Duration at) {
  stage_.wait_until(at);
  listen();
  if (utterance.kind == UtteranceKind::Datagram) {
    play_datagram(utterance, at);
  } else if (utterance.kind == UtteranceKind::Packet) {
    const FourTuple path{{utterance.from.address, 0}, {utterance.to.address, 0}};
    Client* client = find_client(path.remote);
    if (stage_.has_bare_packets() && client != nullptr) play_packet(*client, utterance, path, at);
  } else if (stage_.has_streams()) {
    play_stream(utterance, at);
  }
  listen();
}

std::size_t Player::add_exchange(Client& client, Duration at, const Utterance& utterance, std::string said, Sent sent) {
  client.said.push_back(transcript_.exchanges.size());
  transcript_.exchanges.push_back(
      {.at = at, .carrier = carrier_of(utterance.kind), .client = utterance.from, .said = std::move(said)});
  sent_.push_back(std::move(sent));
  return transcript_.exchanges.size() - 1;
}

void Player::play_datagram(const Utterance& utterance, Duration at) {
  Client& client = client_at(utterance.from);
  const FourTuple path{utterance.from, utterance.to};
  const ByteView bytes = utterance.bytes;
  if (is_inner(bytes)) return play_packet(client, utterance, path, at);
  const auto header = wire::parse_udp_header(bytes, client.legacy);
  if (!header) {
    const std::string head = to_hex(bytes.first(std::min(bytes.size(), wire::kUdpHeaderSize)));
    add_exchange(client, at, utterance, std::to_string(bytes.size()) + " bytes " + head, {});
    return stage_.send(path, bytes);
  }
  client.legacy = header->little_endian;
  const std::string text = client.follower.rewrite(text_behind_header(bytes));
  const ClientMessage message = read_client_message(text);
  client.owed = add_exchange(client, at, utterance, to_hex(bytes.first(4)) + " " + message.text,
                             {.kind = message.kind, .header = Bytes(header->raw.begin(), header->raw.end())});
  stage_.send(path, wire::with_header(*header, text));
}

void Player::play_packet(Client& client, const Utterance& utterance, const FourTuple& path, Duration at) {
  if (!dataplane::has_ip_header(utterance.bytes)) return;
  const Bytes packet = client.follower.rewrite_packet(utterance.bytes);
  const auto& offer = client.follower.offer();
  const bool keepalive = is_icmp(packet, kEchoRequest) && offer &&
                         dataplane::destination_of(packet) == offer->server_inner &&
                         transcript_.outcomes[client.outcome].kind == OutcomeKind::TunnelUp;
  transcript_.outcomes[client.outcome].echo_requests += keepalive ? 1 : 0;
  add_exchange(client, at, utterance, packet_words(packet, offer), {.echo_request = keepalive});
  stage_.send(path, packet);
}

void Player::play_stream(const Utterance& utterance, Duration at) {
  Client& client = client_at(utterance.from);
  switch (utterance.kind) {
    case UtteranceKind::Datagram:
    case UtteranceKind::Packet:
      return;
    case UtteranceKind::StreamOpened:
      add_exchange(client, at, utterance, "opens", {});
      return stage_.open_stream({utterance.from, utterance.to});
    case UtteranceKind::StreamBytes: {
      const std::string text = client.follower.rewrite(as_text(utterance.bytes));
      const ClientMessage message = read_client_message(text);
      add_exchange(client, at, utterance, message.text, {.kind = message.kind});
      return stage_.write_stream(utterance.from, as_bytes(text));
    }
    case UtteranceKind::StreamClosed:
      add_exchange(client, at, utterance, "closes", {});
      return stage_.close_stream(utterance.from);
  }
}

void Player::listen() {
  for (const Answer& answer : stage_.take_answers()) hear(answer);
}

// A signalling answer belongs to the message with its header, anything else to what the client said last.
std::optional<std::size_t> Player::exchange_for(const Client& client, ByteView datagram) const {
  if (client.said.empty()) return std::nullopt;
  if (!is_inner(datagram) && datagram.size() >= wire::kUdpHeaderSize) {
    const ByteView header = datagram.first(wire::kUdpHeaderSize);
    const auto has_header = [&](std::size_t exchange) { return std::ranges::equal(sent_[exchange].header, header); };
    const auto found = std::find_if(client.said.rbegin(), client.said.rend(), has_header);
    if (found != client.said.rend()) return *found;
  }
  return client.said.back();
}

void Player::hear(const Answer& answer) {
  Client* const known = find_client(answer.client);
  if (known == nullptr) return;
  Client& client = *known;
  const auto exchange = exchange_for(client, answer.bytes);
  if (!exchange) return;
  std::vector<std::string>& answers = transcript_.exchanges[*exchange].answers;
  switch (answer.kind) {
    case AnswerKind::ToHost:
      answers.emplace_back("forwarded");
      return;
    case AnswerKind::StreamClosed:
      answers.emplace_back("closed");
      return;
    case AnswerKind::StreamBytes:
      --client.writes_owed;
      return hear_message(client, *exchange, as_text(answer.bytes), "");
    case AnswerKind::Datagram:
      break;
  }
  const bool bare = answer.client.port == 0 && dataplane::has_ip_header(answer.bytes);
  if (bare || is_inner(answer.bytes)) {
    answers.push_back(packet_words(answer.bytes, client.follower.offer()));
    const bool replies = sent_[*exchange].echo_request && is_icmp(answer.bytes, kEchoReply);
    transcript_.outcomes[client.outcome].echo_replies += replies ? 1 : 0;
    return;
  }
  if (answer.bytes.size() < wire::kUdpHeaderSize) {
    answers.push_back(std::to_string(answer.bytes.size()) + " bytes");
    return;
  }
  const ByteView header = ByteView(answer.bytes).first(wire::kUdpHeaderSize);
  const bool same = std::ranges::equal(sent_[*exchange].header, header);
  hear_message(client, *exchange, text_behind_header(answer.bytes),
               same ? "same header, " : "HEADER " + to_hex(header) + ", ");
}

void Player::hear_message(Client& client, std::size_t exchange, std::string_view text, std::string prefix) {
  if (client.owed == exchange) client.owed.reset();
  client.follower.answered(text);
  const AnswerShape shape = read_answer(text, client.follower.expected_rspauth(), ignored_);
  transcript_.exchanges[exchange].answers.push_back(std::move(prefix) + shape.text);
  judge(client, exchange, shape);
}

void Player::judge(Client& client, std::size_t exchange, const AnswerShape& shape) {
  Outcome& outcome = transcript_.outcomes[client.outcome];
  const MessageKind said = sent_[exchange].kind;
  if (said == MessageKind::Other && !shape.status) return;
  // A client that was refused would not have gone on as the recorded one did.
  const bool success = !shape.status || *shape.status == 200;
  if (client.refused_at && said != MessageKind::Version && !success) return;
  if (success && said == MessageKind::Info && outcome.kind == OutcomeKind::TunnelUp) return;
  outcome.step = said;
  outcome.status = success ? 0 : *shape.status;
  client.refused_at = success ? std::nullopt : std::optional(exchange);
  if (!success) {
    outcome.kind = OutcomeKind::Refused;
  } else {
    outcome.kind = said == MessageKind::Accept ? OutcomeKind::TunnelUp : OutcomeKind::Open;
  }
}

void Player::finish() {
  for (auto& [endpoint, client] : clients_) {
    Outcome& outcome = transcript_.outcomes[client.outcome];
    for (const std::size_t exchange : client.said) {
      if (client.refused_at && exchange > *client.refused_at) break;
      const Exchange& shown = transcript_.exchanges[exchange];
      const MessageKind kind = sent_[exchange].kind;
      if (!shown.answers.empty() || kind == MessageKind::Other) continue;
      const bool stream = shown.carrier == Carrier::Tcp;
      if (!stream) ++outcome.unanswered;
      // Over TCP an accept is not answered (gogoc reads nothing there).
      const bool accepted = stream && kind == MessageKind::Accept && outcome.step == MessageKind::Create;
      if (accepted) outcome.kind = OutcomeKind::TunnelUp;
    }
  }
}

}  // namespace tsp::replay
