// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "apps/tspctl/answers.h"
#include "apps/tspctl/api_client.h"

namespace tsp::tspctl {

// Takes a text/event-stream apart, however its bytes come.
class MessageReader {
 public:
  struct Message {
    std::string event{};  // empty: "message"
    std::string data{};
  };
  [[nodiscard]] std::vector<Message> read(std::string_view bytes);

 private:
  std::string rest_;
};

class EventCommands {
 public:
  EventCommands(const ApiClient& client, bool as_json) : client_(client), json_(as_json) {}

  // Writes what happens into `out`, a line each, until tspd ends it: always a failure.
  [[nodiscard]] Output follow(std::ostream& out) const;

 private:
  const ApiClient& client_;
  bool json_;
};

}  // namespace tsp::tspctl
