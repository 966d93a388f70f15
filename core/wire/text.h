// SPDX-License-Identifier: Apache-2.0
//
// Cutting up the text of messages. ASCII only, no locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace tsp::wire {

using namespace std::string_view_literals;

inline constexpr std::string_view kBlanks = " \t";
inline constexpr std::string_view kDigits = "0123456789";
inline constexpr std::string_view kWhiteSpace = " \t\r\n";
// What clients leave between messages: one ends each AUTHENTICATE line with a NUL.
inline constexpr std::string_view kFiller = "\0\r\n \t"sv;

[[nodiscard]] constexpr std::string_view skip_leading(std::string_view text, std::string_view set) {
  text.remove_prefix(std::min(text.find_first_not_of(set), text.size()));
  return text;
}

[[nodiscard]] constexpr std::string_view skip_trailing(std::string_view text, std::string_view set) {
  return text.substr(0, text.find_last_not_of(set) + 1);
}

[[nodiscard]] constexpr std::string_view trim(std::string_view text) {
  return skip_trailing(skip_leading(text, kWhiteSpace), kWhiteSpace);
}

[[nodiscard]] constexpr char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

[[nodiscard]] constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (to_upper(c) >= 'A' && to_upper(c) <= 'Z');
}

// What names are made of that need no quotes anywhere.
[[nodiscard]] constexpr bool is_word_character(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_';
}

[[nodiscard]] constexpr std::string to_upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = to_upper(c);
  return upper;
}

[[nodiscard]] constexpr std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = to_lower(c);
  return lower;
}

[[nodiscard]] constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return to_upper(x) == to_upper(y); });
}

[[nodiscard]] constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace tsp::wire
