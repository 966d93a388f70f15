// SPDX-License-Identifier: Apache-2.0
#include "core/client/stream_reader.h"

#include <charconv>
#include <string_view>

#include "core/wire/status.h"
#include "core/wire/text.h"

namespace tsp::client {
namespace {

constexpr std::string_view kHeader = "content-length:";
constexpr std::string_view kXmlEnd = "</tunnel>";

// Whether the text begins with the header name, or may once more of it has come.
bool may_be_framed(std::string_view text) {
  for (std::size_t i = 0; i < text.size() && i < kHeader.size(); ++i) {
    if (wire::to_lower(text[i]) != kHeader[i]) return false;
  }
  return true;
}

}  // namespace

bool StreamReader::append(ByteView bytes) {
  if (bytes.size() > kSizeMax - buffer_.size()) return false;
  buffer_.append(as_text(bytes));
  return true;
}

std::optional<std::string> StreamReader::next(ReplyForm form) {
  // Nothing of a reply begins with these; a redirect may have left a NUL behind.
  const std::size_t begin = buffer_.find_first_not_of(std::string_view("\0\r\n ", 4));
  buffer_.erase(0, begin);
  if (buffer_.empty()) return std::nullopt;
  const bool framed = form == ReplyForm::Framed && may_be_framed(buffer_);
  if (const auto size = framed ? framed_size() : line_size()) return take(*size);
  return ended_ ? take(buffer_.size()) : std::nullopt;
}

std::optional<std::string> StreamReader::take(std::size_t size) {
  std::string message = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return message;
}

std::optional<std::size_t> StreamReader::line_size() const {
  const std::size_t line_end = buffer_.find('\n');
  if (line_end == std::string::npos) return std::nullopt;
  const auto code = wire::parse_status_code(buffer_);
  if (!code || *code <= 1000) return line_end + 1;
  const std::size_t xml_end = buffer_.find(kXmlEnd, line_end);
  if (xml_end == std::string::npos) return std::nullopt;
  return xml_end + kXmlEnd.size();
}

std::optional<std::size_t> StreamReader::framed_size() const {
  const std::size_t line_end = buffer_.find('\n');
  if (line_end == std::string::npos) return std::nullopt;
  const std::string_view header(buffer_.data(), line_end);
  const std::size_t digits = header.find_first_not_of(' ', kHeader.size());
  std::size_t length = 0;
  if (digits != std::string_view::npos) {
    std::from_chars(header.data() + digits, header.data() + header.size(), length);
  }
  // Nonsense is handed on as it is; whoever reads the message calls it malformed.
  if (length == 0 || length > kSizeMax) return line_end + 1;
  const std::size_t size = line_end + 1 + length;
  return buffer_.size() >= size ? std::optional(size) : std::nullopt;
}

}  // namespace tsp::client
