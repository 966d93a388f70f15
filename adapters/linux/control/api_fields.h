// SPDX-License-Identifier: Apache-2.0
//
// Reads the fields of a request, from JSON or from a query, and refuses what it does not know.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tsp::linux_ {

// The first fault is kept; what is read after it is of no use.
class BodyFields {
 public:
  explicit BodyFields(const std::string& body);
  // No body at all is one without fields.
  [[nodiscard]] static BodyFields of_optional(const std::string& body) {
    return BodyFields(body.empty() ? "{}" : body);
  }

  std::optional<std::string> text(const char* name);
  std::string required_text(const char* name);
  std::optional<bool> boolean(const char* name);
  std::optional<std::uint64_t> number(const char* name, std::uint64_t max);
  // A whole number of at most `max`, whatever its meaning; null is none. `given`: whether the field is there.
  std::optional<std::uint64_t> number_or_null(const char* name, std::uint64_t max, bool& given);
  // `given`: as above.
  std::optional<std::string> text_or_null(const char* name, bool& given);
  // A list of texts; none if it is not there.
  std::optional<std::vector<std::string>> texts(const char* name);
  // A fault, as "FIELD: what was expected" or, if the body is no JSON object, without a field.
  [[nodiscard]] std::optional<std::string> fault() const;
  // Something is wrong with this field, whose type is right.
  void expect(const char* name, const char* what);
  [[nodiscard]] bool is_object() const { return fields_.is_object(); }

 private:
  std::optional<nlohmann::json> take(const char* name);

  nlohmann::json fields_;
  std::optional<std::string> fault_;
};

// A whole number in decimal digits; none for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

}  // namespace tsp::linux_
