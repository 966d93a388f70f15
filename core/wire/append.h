// SPDX-License-Identifier: Apache-2.0
//
// Writing XML as old clients' hand-made parsers want it: double quotes, CRLF, nothing that would need escaping.
#pragma once

#include <string>
#include <string_view>

namespace tsp::wire {

template <class... Parts>
void append_line(std::string& text, const Parts&... parts) {
  (text.append(parts), ...);
  text.append("\r\n");
}

inline void append_address(std::string& text, std::string_view indent, std::string_view type,
                           std::string_view address) {
  append_line(text, indent, R"(<address type=")", type, R"(">)", address, "</address>");
}

}  // namespace tsp::wire
