// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/url.h"

#include <cstdint>

#include "core/wire/text.h"

namespace tsp::linux_ {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool is_unreserved(char c) {
  return wire::is_word_character(c) || c == '.' || c == '~';
}

std::optional<unsigned> hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// False for bad encoding or a name that is there already.
bool add_parameter(std::string_view text, std::map<std::string, std::string>& query) {
  const auto equals = text.find('=');
  const auto name = percent_decode(text.substr(0, equals));
  const auto value = percent_decode(equals == std::string_view::npos ? "" : text.substr(equals + 1));
  return name && value && query.emplace(*name, *value).second;
}

}  // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out += {'%', kHexDigits[byte >> 4], kHexDigits[byte & 15]};
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    const auto high = hex_value(text[at + 1]);
    const auto low = hex_value(text[at + 2]);
    if (!high || !low) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    at += 2;
  }
  return out;
}

std::optional<Url> parse_url(std::string_view target) {
  Url url;
  const auto question = target.find('?');
  url.path = target.substr(0, question);
  if (question == std::string_view::npos) return url;
  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    if (!add_parameter(rest.substr(0, end), url.query)) return std::nullopt;
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  return url;
}

}  // namespace tsp::linux_
