// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/console/console.h"

#include <algorithm>
#include <string_view>

#include "adapters/linux/console/console_files.h"

namespace tsp::linux_ {
namespace {

// Its own files and the API, and nothing of anybody else; nobody shows it within his own pages.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'";

const ConsoleFile* find_file(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  const auto files = console_files();
  const auto found = std::ranges::find(files, path, &ConsoleFile::path);
  return found == files.end() ? nullptr : &*found;
}

// "*", or a list of tags, weak ones too (RFC 9110 section 13.1.2).
bool has_it(std::string_view if_none_match, std::string_view etag) {
  return if_none_match == "*" || if_none_match.find(etag) != std::string_view::npos;
}

}  // namespace

std::optional<HttpAnswer> answer_as_console(const HttpHead& head) {
  if (head.method != "GET" && head.method != "HEAD") return std::nullopt;
  const ConsoleFile* file = find_file(head.target);
  if (file == nullptr) return std::nullopt;
  const bool is_known = has_it(head.if_none_match, file->etag);
  return HttpAnswer{.status = is_known ? 304 : 200,
                    .text = std::string(file->text),
                    .content_type = std::string(file->content_type),
                    .headers = {{"ETag", std::string(file->etag)},
                                {"Content-Security-Policy", kContentSecurityPolicy},
                                {"Referrer-Policy", "no-referrer"}},
                    .cache_control = "no-cache",
                    .without_body = is_known || head.method == "HEAD"};
}

}  // namespace tsp::linux_
