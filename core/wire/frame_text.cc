// SPDX-License-Identifier: Apache-2.0
#include "core/wire/append.h"
#include "core/wire/content_length.h"
#include "core/wire/message.h"

namespace tsp::wire {

namespace {

std::string header_line(std::size_t length) {
  std::string line(kContentLength);
  append_line(line, " ", std::to_string(length));
  return line;
}

}  // namespace

std::string framed(Status status, std::string_view xml) {
  const std::string line = status_line(status);
  std::string message = header_line(line.size() + xml.size());
  message.append(line).append(xml);
  return message;
}

std::string framed_redirect(Status status, const std::vector<BrokerAddress>& brokers) {
  return framed_request(redirect(status, brokers));
}

std::string framed_request(std::string_view text) {
  return header_line(text.size()).append(text);
}

}  // namespace tsp::wire
