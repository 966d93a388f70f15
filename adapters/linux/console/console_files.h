// SPDX-License-Identifier: Apache-2.0
//
// The files of web/, which cmake/embed.cmake writes into the program.
#pragma once

#include <span>
#include <string_view>

namespace tsp::linux_ {

struct ConsoleFile {
  std::string_view path;  // "/console.css"; that of index.html is "/"
  std::string_view content_type;
  std::string_view etag;  // strong, in its quotes
  std::string_view text;  // without the last line's end
};

[[nodiscard]] std::span<const ConsoleFile> console_files();

}  // namespace tsp::linux_
