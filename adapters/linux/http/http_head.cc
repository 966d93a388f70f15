// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/http_head.h"

#include <algorithm>

namespace tsp::linux_ {
namespace {

std::string_view take_line(std::string_view& text) {
  const auto end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  return line;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.substr(0, text.find_last_not_of(kBlank) + 1);
}

bool is_name(std::string_view given, std::string_view lower_case) {
  return std::ranges::equal(given, lower_case,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

// "GET /path HTTP/1.1"
std::optional<HttpHead> parse_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!line.substr(last + 1).starts_with("HTTP/1.") || !target.starts_with('/')) return std::nullopt;
  if (target.find(' ') != std::string_view::npos) return std::nullopt;
  return HttpHead{.method = std::string(line.substr(0, first)), .target = std::string(target)};
}

}  // namespace

std::optional<HttpHead> parse_http_head(std::string_view text) {
  auto head = parse_request_line(take_line(text));
  while (head && !text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (is_name(name, "authorization")) {
      // Two could be read differently by a proxy.
      if (!head->authorization.empty()) return std::nullopt;
      head->authorization = value;
    } else if (is_name(name, "x-forwarded-for")) {
      head->forwarded_for = value;
    }
  }
  return head;
}

}  // namespace tsp::linux_
