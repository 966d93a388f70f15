// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/quoting.h"

#include "adapters/linux/terminal/escape.h"
#include "core/wire/text.h"

namespace tsp::linux_ {
namespace {

bool is_plain_in_routeros(char c) {
  constexpr std::string_view kPunctuation = " .,@_+-/=()";
  return wire::is_alphanumeric(c) || kPunctuation.contains(c);
}

}  // namespace

std::string quote_shell(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += R"('\'')";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string quote_routeros(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    if (is_plain_in_routeros(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '\\';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15U];
  }
  return out + "\"";
}

std::string quote_comment(std::string_view text) {
  return '"' + escape_text(text) + '"';
}

}  // namespace tsp::linux_
