// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/terminal/escape.h"

#include <cstdint>
#include <optional>

#include "core/base/hex.h"

namespace tsp::linux_ {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string hex(char32_t value, int digits_min) {
  std::string out;
  for (; value != 0 || digits_min > 0; value >>= 4, --digits_min) out.insert(out.begin(), kHexDigits[value & 15]);
  return out;
}

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
};

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

// The code point at the beginning of `text`, in its shortest form only; none if the first byte begins none.
std::optional<CodePoint> decode(std::string_view text) {
  const std::uint8_t first = byte_at(text, 0);
  if (first < 0x80) return CodePoint{first, 1};
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return std::nullopt;
  char32_t value = first & (0x7F >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte_at(text, i) & 0x3F);
  }
  const bool is_overlong = (size == 3 && value < 0x800) || (size == 4 && value < 0x10000);
  const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (is_overlong || is_surrogate || value > 0x10FFFF) return std::nullopt;
  return CodePoint{value, size};
}

bool is_control_or_formatting(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2069) || c == 0x061C || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) || c >= 0xE0000;
}

std::string_view short_escape(char32_t c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

std::string json_number_escape(char32_t c) {
  if (c < 0x10000) return "\\u" + hex(c, 4);
  const char32_t offset = c - 0x10000;
  return "\\u" + hex(0xD800 + (offset >> 10), 4) + "\\u" + hex(0xDC00 + (offset & 0x3FF), 4);
}

std::string text_number_escape(char32_t c) {
  return "\\u{" + hex(c, 1) + "}";
}

// `escape_byte` for a byte that is no UTF-8, `escape_code` for a character that must not appear as it is.
template <class EscapeByte, class EscapeCode>
std::string escape(std::string_view text, EscapeByte escape_byte, EscapeCode escape_code) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size() && at < kShownBytesMax) {
    const auto code = decode(text.substr(at));
    if (!code) {
      out += escape_byte(byte_at(text, at));
    } else if (const std::string_view fixed = short_escape(code->value); !fixed.empty()) {
      out += fixed;
    } else if (is_control_or_formatting(code->value)) {
      out += escape_code(code->value);
    } else {
      out += text.substr(at, code->size);
    }
    at += code ? code->size : 1;
  }
  if (at < text.size()) out += kEllipsis;
  return out;
}

}  // namespace

std::string escape_text(std::string_view text) {
  return escape(text, [](std::uint8_t byte) { return "\\x" + hex(byte, 2); }, text_number_escape);
}

std::string escape_json(std::string_view text) {
  return escape(text, [](std::uint8_t) { return std::string(kReplacement); }, json_number_escape);
}

}  // namespace tsp::linux_
