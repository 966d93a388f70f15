// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>

#include "adapters/linux/net/file_descriptor.h"
#include "tools/pcap-replay/stage.h"

namespace tsp::replay {

// A live broker, over UDP: each endpoint of a client in the capture gets a socket of its own, with a port of the
// kernel's choice. The pauses are the capture's, but none is longer than `pause_max`.
class LiveStage final : public Stage {
 public:
  LiveStage(const Endpoint& server, Duration pause_max) : server_(server), pause_max_(pause_max) {}

  void wait_until(Duration since_first) override;
  bool wait_for_answer(Duration patience) override;
  void send(const FourTuple& path, ByteView datagram) override;
  [[nodiscard]] bool has_bare_packets() const override { return false; }
  [[nodiscard]] bool has_streams() const override { return false; }
  void open_stream(const FourTuple&) override {}
  void write_stream(const Endpoint&, ByteView) override {}
  void close_stream(const Endpoint&) override {}
  [[nodiscard]] std::vector<Answer> take_answers() override;

  // Datagrams that could not be sent.
  [[nodiscard]] std::uint64_t send_failures() const { return send_failures_; }

 private:
  bool receive(Duration patience);
  [[nodiscard]] int socket_of(const Endpoint& client);

  Endpoint server_;
  Duration pause_max_;
  Duration played_{};  // how far the capture has come
  std::map<Endpoint, linux_::FileDescriptor> sockets_;
  std::vector<Answer> answers_;
  std::uint64_t send_failures_ = 0;
};

}  // namespace tsp::replay
