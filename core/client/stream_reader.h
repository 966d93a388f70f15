// SPDX-License-Identifier: Apache-2.0
//
// Cuts what a server sends over TCP into messages, however the bytes arrive: one reply in many segments, many replies
// in one (C-06).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <tsp/types.h>

namespace tsp::client {

enum class ReplyForm : std::uint8_t {
  Line,    // up to the line end; a redirect up to the end of its XML
  Framed,  // Content-length, or (from sloppy servers) a status as in Line
};

class StreamReader {
 public:
  static constexpr std::size_t kSizeMax = 65536;

  // False: more than a reply can have; the connection is of no use.
  [[nodiscard]] bool append(ByteView bytes);
  // Nothing more will come: what is there counts as a message.
  void end() { ended_ = true; }
  // The next whole message with its line end or header; none if more bytes are needed.
  [[nodiscard]] std::optional<std::string> next(ReplyForm form);

 private:
  [[nodiscard]] std::optional<std::string> take(std::size_t size);
  [[nodiscard]] std::optional<std::size_t> line_size() const;
  [[nodiscard]] std::optional<std::size_t> framed_size() const;

  std::string buffer_;
  bool ended_ = false;
};

}  // namespace tsp::client
