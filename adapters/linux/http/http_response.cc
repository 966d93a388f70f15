// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/http_response.h"

#include <string_view>

namespace tsp::linux_ {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

}  // namespace

std::string http_response(const HttpAnswer& answer, Afterwards afterwards) {
  std::string out = "HTTP/1.1 " + std::to_string(answer.status) + ' ' + std::string(reason(answer.status)) + "\r\n";
  for (const auto& [name, value] : answer.headers) out += name + ": " + value + "\r\n";
  out += "Content-Type: " + answer.content_type + "\r\n";
  // A live body ends with the connection; and there are clients that wait for what a 304 would announce.
  if (!answer.live && answer.status != 304) out += "Content-Length: " + std::to_string(answer.text.size() + 1) + "\r\n";
  out += "X-Content-Type-Options: nosniff\r\nCache-Control: " + answer.cache_control + "\r\n";
  out += afterwards == Afterwards::Close ? "Connection: close\r\n\r\n" : "\r\n";
  return answer.live || answer.without_body ? out : out + answer.text + '\n';
}

}  // namespace tsp::linux_
