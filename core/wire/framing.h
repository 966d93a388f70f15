// SPDX-License-Identifier: Apache-2.0
//
// Where one client message ends and the next begins: lines before the command phase, Content-length in it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include <tsp/types.h>

#include "core/wire/message.h"

namespace tsp::wire {

enum class FramingError : std::uint8_t {
  LineTooLong,       // more than kMessageSizeMax bytes without a line end
  BadContentLength,  // no header, not a number, 0, above kMessageSizeMax
  LengthMismatch,    // UDP: more or less than the datagram holds (surplus NUL, CR, LF, blank is allowed)
};

// The XML inside a complete UDP message "Content-length: N\r\n…" (header name in any case, LF alone allowed).
[[nodiscard]] std::expected<std::string_view, FramingError> unframe_datagram(std::string_view message);

enum class StreamMode : std::uint8_t {
  Line,         // VERSION=, AUTHENTICATE: up to LF; leading NUL, CR, LF and blanks are skipped
  Credentials,  // as Line, but leading NULs belong to the message (PLAIN begins with one); the text keeps them
  Framed,       // Content-length
};

// Cuts a TCP byte stream into messages. Holds at most kMessageSizeMax bytes and a header line.
class StreamFramer {
 public:
  // False: more than the framer may hold; the stream is to be closed.
  [[nodiscard]] bool append(ByteView bytes);
  // The next complete message under `mode` (without its line end or Content-length header), none if more bytes are
  // needed. After an error the stream is of no use.
  [[nodiscard]] std::expected<std::optional<std::string>, FramingError> next(StreamMode mode);
  [[nodiscard]] std::size_t buffered() const { return buffer_.size(); }

 private:
  [[nodiscard]] std::expected<std::optional<std::string>, FramingError> next_line();
  [[nodiscard]] std::expected<std::optional<std::string>, FramingError> next_frame();

  std::string buffer_;
};

}  // namespace tsp::wire
