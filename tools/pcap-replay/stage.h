// SPDX-License-Identifier: Apache-2.0
//
// Where the client's side of a capture is played: before the core, or before a live broker.
#pragma once

#include <cstdint>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp::replay {

enum class AnswerKind : std::uint8_t {
  Datagram,
  StreamBytes,   // one write
  StreamClosed,  // by the broker
  ToHost,        // an inner packet of the client that the broker forwards; only where that can be seen
};

struct Answer {
  AnswerKind kind = AnswerKind::Datagram;
  Endpoint client{};
  Bytes bytes{};
};

class Stage {
 public:
  Stage() = default;
  virtual ~Stage() = default;
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // Until so long after the first utterance of the capture.
  virtual void wait_until(Duration since_first) = 0;
  // For something to come, not longer than that. False: waiting is of no use.
  virtual bool wait_for_answer(Duration patience) = 0;

  // path.remote is the client, path.local the broker, as in the capture.
  virtual void send(const FourTuple& path, ByteView datagram) = 0;

  // Whether it takes packets of tunnels without UDP: send() with a path that has no ports.
  [[nodiscard]] virtual bool has_bare_packets() const = 0;
  [[nodiscard]] virtual bool has_streams() const = 0;
  virtual void open_stream(const FourTuple& path) = 0;
  virtual void write_stream(const Endpoint& client, ByteView bytes) = 0;
  virtual void close_stream(const Endpoint& client) = 0;

  // What has come since the last call.
  [[nodiscard]] virtual std::vector<Answer> take_answers() = 0;
};

}  // namespace tsp::replay
