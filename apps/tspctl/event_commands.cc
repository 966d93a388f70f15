// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/event_commands.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "adapters/linux/terminal/escape.h"

namespace tsp::tspctl {
namespace {

using Fields = nlohmann::ordered_json;

constexpr std::string_view kMissed = "missed";

MessageReader::Message parse_message(std::string_view text) {
  MessageReader::Message message;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto value_of = [&](std::string_view name) { return line.starts_with(name) ? line.substr(name.size()) : ""; };
    if (const auto event = value_of("event: "); !event.empty()) message.event = event;
    if (const auto data = value_of("data: "); !data.empty()) message.data = data;
  }
  return message;
}

std::string word_of(const Fields& value) {
  return linux_::escape_text(value.is_string() ? value.get<std::string>() : value.dump());
}

// "2026-02-03T04:05:06.007Z info tunnel_up login="alice" tunnel="17""
std::string line_for_people(const Fields& event) {
  std::string line;
  for (const auto& [name, value] : event.items()) {
    if (!line.empty()) line += ' ';
    const bool is_head = name == "time" || name == "level" || name == "event";
    line += is_head ? word_of(value) : linux_::escape_text(name) + "=\"" + word_of(value) + '"';
  }
  return line;
}

std::string missed_for_people(const Fields& message) {
  const Fields count = message.value(kMissed, Fields());
  return "(" + (count.is_null() ? "tspd was started anew: some" : count.dump()) + " events were missed)";
}

std::string line_of(const MessageReader::Message& message, bool as_json) {
  const Fields fields = Fields::parse(message.data, nullptr, false);
  if (as_json || !fields.is_object()) return message.data;
  return message.event == kMissed ? missed_for_people(fields) : line_for_people(fields);
}

}  // namespace

std::vector<MessageReader::Message> MessageReader::read(std::string_view bytes) {
  std::vector<Message> messages;
  rest_ += bytes;
  while (true) {
    const auto end = rest_.find("\n\n");
    if (end == std::string::npos) return messages;
    Message message = parse_message(std::string_view(rest_).substr(0, end));
    rest_.erase(0, end + 2);
    if (!message.data.empty()) messages.push_back(std::move(message));
  }
}

Output EventCommands::follow(std::ostream& out) const {
  MessageReader reader;
  auto failure = client_.follow("events", [&](std::string_view bytes) {
    for (const MessageReader::Message& message : reader.read(bytes)) out << line_of(message, json_) << '\n';
    out.flush();
    return out.good();
  });
  return std::unexpected(std::move(failure));
}

}  // namespace tsp::tspctl
