// SPDX-License-Identifier: Apache-2.0
#include "core/auth/directives.h"

#include <utility>

#include "core/wire/text.h"

namespace tsp::auth {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool skip(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<std::string> name() {
    std::string name;
    while (!rest_.empty() && wire::is_word_character(rest_.front())) name += wire::to_lower(take());
    return name.empty() ? std::nullopt : std::optional(std::move(name));
  }
  std::optional<std::string> value() { return skip('"') ? quoted() : unquoted(); }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  std::optional<std::string> quoted() {
    std::string value;
    while (!rest_.empty()) {
      char c = take();
      if (c == '"') return value;
      if (c == '\\') {
        if (rest_.empty()) return std::nullopt;
        c = take();
      }
      if (is_control(c)) return std::nullopt;
      value += c;
    }
    return std::nullopt;
  }
  std::optional<std::string> unquoted() {
    std::string value;
    while (!rest_.empty() && rest_.front() != ',') {
      const char c = take();
      if (c == '"' || is_control(c)) return std::nullopt;
      value += c;
    }
    while (!value.empty() && is_blank(value.back())) value.pop_back();
    return value;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::vector<Directive>> parse_directives(std::string_view text) {
  std::vector<Directive> directives;
  Reader reader(text);
  while (true) {
    reader.skip_blanks();
    if (reader.at_end()) return directives;
    if (reader.skip(',')) continue;
    auto name = reader.name();
    reader.skip_blanks();
    if (!name || !reader.skip('=')) return std::nullopt;
    reader.skip_blanks();
    auto value = reader.value();
    if (!value) return std::nullopt;
    reader.skip_blanks();
    if (!reader.at_end() && !reader.skip(',')) return std::nullopt;
    directives.push_back({std::move(*name), std::move(*value)});
  }
}

std::string quote(std::string_view value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace tsp::auth
