// SPDX-License-Identifier: Apache-2.0
#include "core/wire/framing.h"

#include "core/wire/content_length.h"
#include "core/wire/text.h"

namespace tsp::wire {

namespace {

// NULs stay where they may be the first byte of PLAIN credentials.
constexpr std::string_view kFillerBeforeCredentials = kWhiteSpace;

std::string_view filler_before(StreamMode mode) {
  switch (mode) {
    case StreamMode::Line:
    case StreamMode::Framed:
      return kFiller;
    case StreamMode::Credentials:
      return kFillerBeforeCredentials;
  }
  return kFiller;
}

}  // namespace

std::expected<std::string_view, FramingError> unframe_datagram(std::string_view message) {
  message = skip_leading(message, kFiller);
  const std::size_t line_end = message.find('\n');
  if (line_end == std::string_view::npos) return std::unexpected(FramingError::BadContentLength);
  const auto length = parse_content_length(message.substr(0, line_end), kMessageSizeMax);
  if (!length) return std::unexpected(FramingError::BadContentLength);
  const std::string_view body = message.substr(line_end + 1);
  if (body.size() < *length) return std::unexpected(FramingError::LengthMismatch);
  if (!skip_leading(body.substr(*length), kFiller).empty()) return std::unexpected(FramingError::LengthMismatch);
  return body.substr(0, *length);
}

bool StreamFramer::append(ByteView bytes) {
  if (bytes.size() > kMessageSizeMax + kHeaderLineSizeMax - buffer_.size()) return false;
  buffer_ += as_text(bytes);
  return true;
}

std::expected<std::optional<std::string>, FramingError> StreamFramer::next(StreamMode mode) {
  buffer_.erase(0, buffer_.size() - skip_leading(buffer_, filler_before(mode)).size());
  return mode == StreamMode::Framed ? next_frame() : next_line();
}

std::expected<std::optional<std::string>, FramingError> StreamFramer::next_line() {
  const std::size_t end = buffer_.find('\n');
  if (std::min(end, buffer_.size()) > kMessageSizeMax) return std::unexpected(FramingError::LineTooLong);
  if (end == std::string::npos) return std::nullopt;
  std::string line(skip_trailing(std::string_view(buffer_).substr(0, end), "\r"));
  buffer_.erase(0, end + 1);
  return line;
}

std::expected<std::optional<std::string>, FramingError> StreamFramer::next_frame() {
  const std::size_t end = buffer_.find('\n');
  if (std::min(end, buffer_.size()) >= kHeaderLineSizeMax) return std::unexpected(FramingError::BadContentLength);
  if (end == std::string::npos) return std::nullopt;
  const auto length = parse_content_length(std::string_view(buffer_).substr(0, end), kMessageSizeMax);
  if (!length) return std::unexpected(FramingError::BadContentLength);
  if (buffer_.size() - (end + 1) < *length) return std::nullopt;
  std::string body = buffer_.substr(end + 1, *length);
  buffer_.erase(0, end + 1 + *length);
  return body;
}

}  // namespace tsp::wire
