// SPDX-License-Identifier: Apache-2.0
//
// Logins in the languages that snippets are written in. A login is UTF-8 without control characters and ':', so no line
// ends in one, but everything else may be in it.
#pragma once

#include <string>
#include <string_view>

namespace tsp::linux_ {

// One word of a POSIX shell: 'alice', 'o'\''neil'.
[[nodiscard]] std::string quote_shell(std::string_view text);
// A string of a RouterOS script, "al\24ice": everything but plain letters, digits and some punctuation as its bytes in
// hexadecimal, because '$' begins a variable there and '?' asks for help even within quotes.
[[nodiscard]] std::string quote_routeros(std::string_view text);
// For a comment, in double quotes. A comment should have something behind it: some formats continue a line that ends in
// a backslash.
[[nodiscard]] std::string quote_comment(std::string_view text);

}  // namespace tsp::linux_
