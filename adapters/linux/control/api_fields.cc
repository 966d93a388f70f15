// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_fields.h"

#include <charconv>

namespace tsp::linux_ {

using nlohmann::json;

BodyFields::BodyFields(const std::string& body) : fields_(json::parse(body, nullptr, false)) {
  if (!fields_.is_object()) fault_ = "expected a JSON object";
}

std::optional<std::string> BodyFields::text(const char* name) {
  const auto field = take(name);
  if (field && field->is_string()) return field->get<std::string>();
  if (field) expect(name, "a string");
  return std::nullopt;
}

std::string BodyFields::required_text(const char* name) {
  auto value = text(name);
  if (!value) expect(name, "a string");
  return std::move(value).value_or("");
}

std::optional<bool> BodyFields::boolean(const char* name) {
  const auto field = take(name);
  if (field && field->is_boolean()) return field->get<bool>();
  if (field) expect(name, "true or false");
  return std::nullopt;
}

std::optional<std::uint64_t> BodyFields::number(const char* name, std::uint64_t max) {
  const auto field = take(name);
  if (!field) return std::nullopt;
  if (field->is_number_unsigned() && field->get<std::uint64_t>() <= max) return field->get<std::uint64_t>();
  expect(name, ("a whole number, at most " + std::to_string(max)).c_str());
  return std::nullopt;
}

std::optional<std::uint64_t> BodyFields::number_or_null(const char* name, std::uint64_t max, bool& given) {
  const auto field = take(name);
  given = field.has_value();
  if (!field || field->is_null()) return std::nullopt;
  if (field->is_number_unsigned() && field->get<std::uint64_t>() <= max) return field->get<std::uint64_t>();
  expect(name, "a whole number, or null");
  return std::nullopt;
}

std::optional<std::string> BodyFields::text_or_null(const char* name, bool& given) {
  const auto field = take(name);
  given = field.has_value();
  if (!field || field->is_null()) return std::nullopt;
  if (field->is_string()) return field->get<std::string>();
  expect(name, "a string, or null");
  return std::nullopt;
}

std::optional<std::vector<std::string>> BodyFields::texts(const char* name) {
  const auto field = take(name);
  if (!field) return std::nullopt;
  std::vector<std::string> values;
  bool is_right = field->is_array();
  for (const json& value : is_right ? *field : json::array()) {
    is_right = is_right && value.is_string();
    if (is_right) values.push_back(value.get<std::string>());
  }
  if (is_right) return values;
  expect(name, "a list of strings");
  return std::nullopt;
}

std::optional<std::string> BodyFields::fault() const {
  if (fault_ || fields_.empty()) return fault_;
  return fields_.begin().key() + ": unknown field";
}

std::optional<json> BodyFields::take(const char* name) {
  if (!fields_.is_object()) return std::nullopt;
  const auto field = fields_.find(name);
  if (field == fields_.end()) return std::nullopt;
  json value = std::move(*field);
  fields_.erase(field);
  return value;
}

void BodyFields::expect(const char* name, const char* what) {
  if (!fault_) fault_ = std::string(name) + ": expected " + what;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace tsp::linux_
