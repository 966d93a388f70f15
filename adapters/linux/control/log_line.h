// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/linux/config/daemon_config.h"

namespace tsp::linux_ {

// One line of the log: an event with a stable name, and named fields.
class LogLine {
 public:
  explicit LogLine(std::string_view event) { word("event", std::string(event)); }

  // Any bytes.
  LogLine& text(std::string_view name, std::string_view value);
  // Our own words, and addresses: no escaping needed.
  LogLine& word(std::string_view name, std::string value);
  LogLine& number(std::string_view name, std::uint64_t value);

  // event=tunnel_up login="alice" tunnel=17, or "event":"tunnel_up","login":"alice","tunnel":17
  [[nodiscard]] std::string render(LogFormat format) const;

 private:
  enum class Kind : std::uint8_t { Text, Word, Number };
  struct Field {
    Kind kind;
    std::string name;
    std::string value;
  };

  std::vector<Field> fields_;
};

}  // namespace tsp::linux_
