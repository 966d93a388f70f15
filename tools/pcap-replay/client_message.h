// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tsp::replay {

enum class MessageKind : std::uint8_t {
  Poll,  // empty
  Version,
  EchoRequest,
  Authenticate,
  Credentials,
  DigestResponse,
  Create,
  Accept,
  Reject,
  Delete,
  Info,
  Other,
};

struct ClientMessage {
  MessageKind kind = MessageKind::Other;
  std::string text{};  // what it says, in a few words
};

// A message without the header of UDP. No secret is in the text.
[[nodiscard]] ClientMessage read_client_message(std::string_view message);

// "VERSION" …: the step of the dialogue.
[[nodiscard]] std::string_view name_of(MessageKind kind);

}  // namespace tsp::replay
