// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/http_head.h"

#include <algorithm>
#include <array>
#include <charconv>

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

struct KnownField {
  std::string_view name;  // in lower case
  std::string HttpHead::* member;
};

// Each at most once.
constexpr std::array kKnownFields = {
    KnownField{"authorization", &HttpHead::authorization},
    KnownField{"cookie", &HttpHead::cookie},
    KnownField{"x-csrf-token", &HttpHead::csrf_token},
    KnownField{"last-event-id", &HttpHead::last_event_id},
    KnownField{"content-type", &HttpHead::content_type},
    KnownField{"content-length", &HttpHead::content_length},
    KnownField{"transfer-encoding", &HttpHead::transfer_encoding},
    KnownField{"if-none-match", &HttpHead::if_none_match},
};

// "GET /path HTTP/1.1"
std::optional<HttpHead> parse_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const std::string_view target = line.substr(first + 1, last - first - 1);
  if (!line.substr(last + 1).starts_with("HTTP/1.") || !target.starts_with('/')) return std::nullopt;
  if (target.find(' ') != std::string_view::npos) return std::nullopt;
  return HttpHead{.method = std::string(line.substr(0, first)),
                  .target = std::string(target),
                  .keeps_connection = line.substr(last + 1) == "HTTP/1.1"};
}

// "keep-alive, Close" (RFC 9112 section 9.6)
bool names_close(std::string_view connection) {
  while (!connection.empty()) {
    const std::size_t end = std::min(connection.find(','), connection.size());
    if (is_name(trimmed(connection.substr(0, end)), "close")) return true;
    connection.remove_prefix(std::min(end + 1, connection.size()));
  }
  return false;
}

// False: it is there already.
bool keep(HttpHead& head, std::string_view name, std::string_view value) {
  if (is_name(name, "x-forwarded-for")) {
    head.forwarded_for = value;
  } else if (is_name(name, "connection")) {
    if (names_close(value)) head.keeps_connection = false;
  } else if (is_name(name, "idempotency-key")) {
    if (head.idempotency_key) return false;
    head.idempotency_key = value;
  } else if (const auto* const known =
                 std::ranges::find_if(kKnownFields, [&](const KnownField& field) { return is_name(name, field.name); });
             known != kKnownFields.end()) {
    std::string& place = head.*(known->member);
    if (!place.empty()) return false;
    place = value;
  }
  return true;
}

}  // namespace

std::optional<HttpHead> parse_http_head(std::string_view text) {
  auto head = parse_request_line(take_line(text));
  while (head && !text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    // Others may take it for the end of a line (RFC 9112 section 2.2), and what follows for another field.
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return std::nullopt;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const std::string_view name = line.substr(0, colon);
    // A blank in a name is a continued line, or a name that others may read without it (RFC 9112 section 5).
    if (name.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
    if (!keep(*head, name, trimmed(line.substr(colon + 1)))) return std::nullopt;
  }
  return head;
}

std::expected<std::size_t, int> body_length(const HttpHead& head, std::size_t max) {
  constexpr int kBadRequest = 400;
  constexpr int kLengthRequired = 411;
  constexpr int kTooLarge = 413;
  if (!head.transfer_encoding.empty()) return std::unexpected(kLengthRequired);
  if (head.content_length.empty()) return 0;
  const std::string_view digits = head.content_length;
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) return std::unexpected(kBadRequest);
  if (error != std::errc{} || length > max) return std::unexpected(kTooLarge);
  return length;
}

}  // namespace tsp::linux_
