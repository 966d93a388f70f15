// SPDX-License-Identifier: Apache-2.0
//
// What came of a replay, for people to read and for comparison with an expectation file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>

#include "tools/pcap-replay/client_message.h"

namespace tsp::replay {

enum class OutcomeKind : std::uint8_t {
  NoAnswer,  // none at all
  Refused,   // the last step of the dialogue got a status other than 200
  TunnelUp,  // accepted; for good as far as the capture goes
  Open,      // the capture ends there; the last answer is one with which a client would go on
};

struct Outcome {
  Endpoint client{};
  OutcomeKind kind = OutcomeKind::NoAnswer;
  unsigned status = 0;                    // Refused
  MessageKind step = MessageKind::Other;  // Refused, Open: the last step that was answered
  unsigned echo_requests = 0;             // of the client, through its tunnel to the server
  unsigned echo_replies = 0;              // to them
  unsigned unanswered = 0;                // signalling datagrams of known kinds, before a refusal
};

// Bare: directly in IP (v6v4, v4v6).
enum class Carrier : std::uint8_t { Udp, Tcp, Bare };

// One thing that a client said, and the answers to it.
struct Exchange {
  Duration at{};  // since the first one
  Carrier carrier = Carrier::Udp;
  Endpoint client{};
  std::string said{};
  std::vector<std::string> answers{};
};

struct Transcript {
  std::vector<Exchange> exchanges{};
  std::vector<Outcome> outcomes{};  // one for each client's endpoint, in the order of their first words
};

// "0.000 udp 10.0.0.2:40000 f00000f0 VERSION=2.0.2 => same header, CAPABILITY …".
[[nodiscard]] std::string to_text(const Exchange& exchange);
// "outcome 10.0.0.2:40000 tunnel up".
[[nodiscard]] std::string to_text(const Outcome& outcome);

}  // namespace tsp::replay
