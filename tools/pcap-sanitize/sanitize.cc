// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-sanitize/sanitize.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "core/dataplane/classify.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/ip_view.h"
#include "core/wire/base64.h"
#include "core/wire/status.h"
#include "core/wire/udp_header.h"
#include "tools/capture/encapsulate.h"
#include "tools/pcap-sanitize/inner_packet.h"
#include "tools/pcap-sanitize/text.h"

namespace tsp::sanitize {
namespace {

using capture::Utterance;
using capture::UtteranceKind;

constexpr std::uint8_t kTcpSyn = 0x02;

// A client has a port; what encapsulate() is given without one becomes protocol 41.
bool is_understood(const Utterance& utterance) {
  const bool lacks_port = utterance.from.port == 0 || utterance.to.port == 0;
  return (is_to_broker(utterance) || is_from_broker(utterance)) &&
         (utterance.kind == UtteranceKind::Packet || !lacks_port);
}

class Sanitizer {
 public:
  SanitizedCapture run(std::span<const Utterance> utterances) {
    for (const Utterance& utterance : utterances) {
      if (is_to_broker(utterance) && utterance.to.is_ipv4()) aliases_.add_broker(utterance.to.ipv4());
    }
    for (std::size_t i = 0; i < utterances.size(); ++i) {
      if (!is_understood(utterances[i])) {
        ++result_.left_out;
      } else if (utterances[i].kind == UtteranceKind::Datagram) {
        add_datagram(utterances.subspan(i));
      } else if (utterances[i].kind == UtteranceKind::Packet) {
        add_packet(utterances[i]);
      } else {
        add_segment(utterances.subspan(i));
      }
    }
    result_.accounts = aliases_.accounts();
    return std::move(result_);
  }

 private:
  struct Client {
    DialogueSanitizer dialogue;
    bool legacy = false;
    std::uint32_t sent = 0;      // TCP: sequence numbers used
    std::uint32_t received = 0;  // by the broker
  };

  Client& client_of(const Utterance& utterance) {
    const Endpoint& endpoint = is_to_broker(utterance) ? utterance.from : utterance.to;
    return clients_.emplace(endpoint, Client{DialogueSanitizer(aliases_)}).first->second;
  }

  // What the first of them says, and whether one of the others takes it for right.
  std::string message(Client& client, std::span<const Utterance> rest, ByteView header, std::string_view text) {
    if (is_from_broker(rest.front())) return client.dialogue.broker_message(text);
    return client.dialogue.client_message(text, is_accepted(rest, header));
  }

  static bool is_accepted(std::span<const Utterance> rest, ByteView header) {
    const Utterance& said = rest.front();
    for (const Utterance& answer : rest.subspan(1)) {
      const bool is_answer =
          answer.from == said.to && answer.to == said.from && answer.kind == said.kind &&
          std::ranges::equal(header, ByteView(answer.bytes).first(std::min(header.size(), answer.bytes.size())));
      if (!is_answer) continue;
      const std::string_view text = as_text(ByteView(answer.bytes).subspan(header.size()));
      return wire::parse_status_code(text) == 200U || wire::base64_decode(text).value_or("").starts_with("rspauth=");
    }
    return false;
  }

  void add_datagram(std::span<const Utterance> rest) {
    const Utterance& utterance = rest.front();
    const ByteView bytes = utterance.bytes;
    Client& client = client_of(utterance);
    if (dataplane::classify(bytes) == dataplane::DatagramKind::Inner) {
      return add(utterance, sanitize_packet(bytes, aliases_));
    }
    const auto header = wire::parse_udp_header(bytes, client.legacy);
    if (!header) {
      Bytes shrouded(bytes.begin(), bytes.end());
      for (std::size_t i = wire::kUdpHeaderSize; i < shrouded.size(); ++i) shrouded[i] = 'x';
      return add(utterance, shrouded);
    }
    client.legacy = header->little_endian;
    const std::string text = message(client, rest, header->raw, as_text(bytes.subspan(wire::kUdpHeaderSize)));
    add(utterance, wire::with_header(*header, text));
  }

  void add_packet(const Utterance& utterance) {
    if (!dataplane::has_ip_header(utterance.bytes)) {
      ++result_.left_out;
      return;
    }
    // One by one: aliases are given in the order in which they are asked for.
    const Endpoint from = aliases_.of(Endpoint{utterance.from.address, 0});
    const Endpoint to = aliases_.of(Endpoint{utterance.to.address, 0});
    const Bytes packet = sanitize_packet(utterance.bytes, aliases_);
    result_.packets.push_back({utterance.at, capture::encapsulate(from, to, packet)});
  }

  void add(const Utterance& utterance, ByteView payload) {
    const Endpoint from = aliases_.of(utterance.from);
    const Endpoint to = aliases_.of(utterance.to);
    result_.packets.push_back({utterance.at, capture::encapsulate(from, to, payload)});
  }

  void add_segment(std::span<const Utterance> rest) {
    const Utterance& utterance = rest.front();
    Client& client = client_of(utterance);
    switch (utterance.kind) {
      case UtteranceKind::Datagram:
      case UtteranceKind::Packet:
        return;
      case UtteranceKind::StreamOpened:
        client.sent = client.received = 0;
        put_segment(utterance, client, kTcpSyn, {});
        return answer_syn(utterance, client);
      case UtteranceKind::StreamBytes:
        return put_segment(utterance, client, dataplane::kTcpAck | dataplane::kTcpPsh,
                           as_bytes(message(client, rest, {}, as_text(utterance.bytes))));
      case UtteranceKind::StreamClosed:
        return put_segment(utterance, client, dataplane::kTcpAck | dataplane::kTcpFin, {});
    }
  }

  void answer_syn(Utterance utterance, Client& client) {
    std::swap(utterance.from, utterance.to);
    put_segment(utterance, client, kTcpSyn | dataplane::kTcpAck, {});
  }

  void put_segment(const Utterance& utterance, Client& client, std::uint8_t flags, ByteView payload) {
    std::uint32_t& own = is_to_broker(utterance) ? client.sent : client.received;
    const std::uint32_t other = is_to_broker(utterance) ? client.received : client.sent;
    const capture::TcpFields fields{.sequence = own, .acknowledged = other, .flags = flags};
    const Endpoint from = aliases_.of(utterance.from);
    const Endpoint to = aliases_.of(utterance.to);
    result_.packets.push_back({utterance.at, capture::encapsulate_segment(from, to, fields, payload)});
    own += static_cast<std::uint32_t>(payload.size()) + ((flags & (kTcpSyn | dataplane::kTcpFin)) != 0 ? 1U : 0U);
  }

  Aliases aliases_;
  std::map<Endpoint, Client> clients_;
  SanitizedCapture result_;
};

}  // namespace

SanitizedCapture sanitize(const capture::Conversation& conversation) {
  return Sanitizer().run(conversation.utterances);
}

}  // namespace tsp::sanitize
