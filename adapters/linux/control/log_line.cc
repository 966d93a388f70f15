// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/log_line.h"

#include <utility>

#include "adapters/linux/terminal/escape.h"

namespace tsp::linux_ {

LogLine& LogLine::text(std::string_view name, std::string_view value) {
  fields_.push_back({Kind::Text, std::string(name), std::string(value)});
  return *this;
}

LogLine& LogLine::word(std::string_view name, std::string value) {
  fields_.push_back({Kind::Word, std::string(name), std::move(value)});
  return *this;
}

LogLine& LogLine::number(std::string_view name, std::uint64_t value) {
  fields_.push_back({Kind::Number, std::string(name), std::to_string(value)});
  return *this;
}

std::string LogLine::render(LogFormat format) const {
  const bool json = format == LogFormat::Json;
  std::string out;
  for (const Field& field : fields_) {
    if (!out.empty()) out += json ? ',' : ' ';
    out += json ? '"' + field.name + "\":" : field.name + '=';
    const bool quoted = field.kind == Kind::Text || (json && field.kind == Kind::Word);
    if (quoted) out += '"';
    out += !quoted ? field.value : json ? escape_json(field.value) : escape_text(field.value);
    if (quoted) out += '"';
  }
  return out;
}

}  // namespace tsp::linux_
