// SPDX-License-Identifier: Apache-2.0
//
// One conversation with one client over one path: the dialogue, and what makes it survive an unreliable network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/store.h>
#include <tsp/time.h>
#include <tsp/types.h>

#include "core/session/dialogue.h"
#include "core/wire/framing.h"
#include "core/wire/message.h"
#include "core/wire/udp_header.h"

namespace tsp::session {

using SessionId = Strong<struct SessionTag, std::uint64_t>;

// A prefix that an account holds and would give up.
struct Outdated {
  IPv6Prefix prefix{};
  // As this broker knew it at the offer, though another one had given it back to the account. None: in no quarantine.
  std::optional<WallTime> quarantine_end{};
};

// What a session has been offered and may accept.
struct PendingOffer {
  wire::CreateRequest request;
  TunnelRecord tunnel{};             // without id; confirmed is decided at accept
  std::vector<IPv6Prefix> claims{};  // made for this offer, to be taken back if it is not accepted
  std::vector<Outdated> outdated{};  // the account's prefixes of other lengths, which this one would replace
  // What the account's name servers will be; none: they stay what they are.
  std::optional<std::vector<std::string>> name_servers{};
  std::string reply{};  // framed, for a repeated request
};

// Stop-and-wait over UDP: the last message handled and what it was answered (tsp-over-UDP, RFC 5572 section 4.2).
struct UdpExchange {
  wire::UdpHeader header;  // of the datagram to be answered
  wire::Sequence last_sequence;
  std::uint64_t last_message_hash = 0;
  std::string last_reply{};
  std::uint32_t resends = 0;
  bool answered = false;  // false: the message is being worked on, or was ignored
};

// The half of a two-part answer that waits until the first has been read.
struct LateReply {
  std::string text{};
  bool drained = false;
};

// A TCP connection: what has come and is no message yet, what is still to be sent.
struct StreamExchange {
  StreamId id{};
  wire::StreamFramer framer{};
  std::optional<LateReply> late_reply{};
};

// What is needed for a short time only is kept apart: a live tunnel's session should cost little.
struct Session {
  Session(SessionId session_id, Transport transport_kind, const FourTuple& four_tuple, DialogueOptions options)
      : id(session_id), transport(transport_kind), path(four_tuple), dialogue(transport_kind, std::move(options)) {}

  SessionId id;
  Transport transport;
  FourTuple path;
  Dialogue dialogue;
  UdpExchange udp;                         // Transport::Datagram
  std::unique_ptr<StreamExchange> stream;  // Transport::Stream
  Instant message_at;                      // when the message being worked on arrived
  bool busy = false;                       // an answer is being worked on; retransmissions are swallowed
  std::unique_ptr<PendingOffer> offer;
  std::optional<TunnelId> tunnel{};  // accepted in this session and alive
};

}  // namespace tsp::session
