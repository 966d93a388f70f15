// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/capture/conversation.h"
#include "tools/pcap-replay/answer.h"
#include "tools/pcap-replay/follower.h"
#include "tools/pcap-replay/stage.h"
#include "tools/pcap-replay/transcript.h"

namespace tsp::replay {

// Plays what clients say in a capture (all that goes to port 3653) and listens to what comes back.
class Player {
 public:
  Player(Stage& stage, const Passwords& passwords, const IgnoredFields& ignored)
      : stage_(stage), passwords_(passwords), ignored_(ignored) {}

  [[nodiscard]] Transcript play(const capture::Conversation& conversation);

 private:
  // A client's endpoint: one conversation, or several one after the other.
  struct Client {
    Follower follower;
    std::size_t outcome = 0;                  // index in the transcript
    std::vector<std::size_t> said{};          // indices of exchanges
    bool legacy = false;                      // its sequence word is little-endian
    std::optional<std::size_t> owed{};        // index of the last signalling datagram, until it is answered
    std::optional<std::size_t> refused_at{};  // index of what was refused for good
    int writes_owed = 0;                      // over TCP: what the recorded broker wrote, less what ours did
  };
  // What was sent, as answers refer to it.
  struct Sent {
    MessageKind kind = MessageKind::Other;
    Bytes header{};  // of a signalling datagram
    bool echo_request = false;
  };

  void play_client(const capture::Utterance& utterance, Duration at);
  void play_datagram(const capture::Utterance& utterance, Duration at);
  // An inner packet, whatever carries it.
  void play_packet(Client& client, const capture::Utterance& utterance, const FourTuple& path, Duration at);
  void play_stream(const capture::Utterance& utterance, Duration at);
  void note_recorded(const capture::Utterance& utterance);
  void wait_for_what_is_owed(Client& client);
  void listen();
  void hear(const Answer& answer);
  void hear_message(Client& client, std::size_t exchange, std::string_view text, std::string prefix);
  void judge(Client& client, std::size_t exchange, const AnswerShape& shape);
  void finish();

  Client& client_at(const Endpoint& endpoint);
  // Without a port: the client that has signalled from that address last. Null: none has.
  [[nodiscard]] Client* find_client(const Endpoint& endpoint);
  std::size_t add_exchange(Client& client, Duration at, const capture::Utterance& utterance, std::string said,
                           Sent sent);
  [[nodiscard]] std::optional<std::size_t> exchange_for(const Client& client, ByteView datagram) const;

  Stage& stage_;
  const Passwords& passwords_;
  const IgnoredFields& ignored_;
  Transcript transcript_;
  std::vector<Sent> sent_;  // beside transcript_.exchanges
  std::map<Endpoint, Client> clients_;
};

}  // namespace tsp::replay
