// SPDX-License-Identifier: Apache-2.0
//
// One accepted TCP connection. Old clients read each reply with a single recv(): a reply is one write and is never
// merged with another one.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>

#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <tsp/time.h>
#include <tsp/types.h>

namespace tsp::linux_ {

struct TcpStreamEvents {
  std::function<void(ByteView)> bytes_arrived;
  std::function<void()> drained;
  std::function<void()> closed;  // by the peer or by an error, at most once; not after close()
  std::function<void()> gone;    // the socket is closed: the last call
};

struct TcpStreamLimits {
  Duration write_timeout = std::chrono::seconds(30);  // until what was sent is acknowledged
  Duration linger_timeout = std::chrono::seconds(5);  // for the peer to close after we did
  std::size_t unsent_bytes_max = 65536;
};

// Events are never called from inside send() or close(). Keeps itself alive until it is gone.
class TcpStream : public std::enable_shared_from_this<TcpStream> {
 public:
  TcpStream(asio::ip::tcp::socket socket, const TcpStreamLimits& limits, TcpStreamEvents events);

  void start();
  void send(Bytes bytes, bool report_drained);
  // After everything has been sent.
  void close();
  // At once, and without another event.
  void abandon();

 private:
  enum class State : std::uint8_t { Open, Closing, Gone };
  struct Chunk {
    Bytes bytes;
    std::size_t sent = 0;
    bool report_drained = false;
  };

  void set_options();
  void read();
  void on_read(bool ok, std::size_t size);
  void write();
  void on_written(bool ok, std::size_t size);
  void poll_drained(Duration pause, Duration waited);
  void finish_when_sent();
  // The connection is of no more use: reports it, if the core still counts on it.
  void fail();
  void vanish();

  asio::ip::tcp::socket socket_;
  asio::steady_timer deadline_;  // for writing while open, for the peer's end while closing
  asio::steady_timer drain_poll_;
  TcpStreamLimits limits_;
  TcpStreamEvents events_;
  State state_ = State::Open;
  std::array<std::uint8_t, 4096> buffer_{};
  std::deque<Chunk> unsent_;
  std::size_t unsent_bytes_ = 0;
  bool writing_ = false;
  bool shut_down_ = false;
  bool peer_done_ = false;  // while closing: it has closed its side, or the connection is broken
};

}  // namespace tsp::linux_
