// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/transcript.h"

#include <array>
#include <chrono>
#include <cinttypes>
#include <cstdio>

namespace tsp::replay {
namespace {

std::string seconds_text(Duration time) {
  std::array<char, 32> text{};
  const std::int64_t milliseconds = time / std::chrono::milliseconds(1);
  std::snprintf(text.data(), text.size(), "%" PRId64 ".%03" PRId64, milliseconds / 1000, milliseconds % 1000);
  return text.data();
}

std::string_view word_of(Carrier carrier) {
  switch (carrier) {
    case Carrier::Udp:
      return "udp";
    case Carrier::Tcp:
      return "tcp";
    case Carrier::Bare:
      return "ip";
  }
  return "";
}

std::string kind_text(const Outcome& outcome) {
  const std::string step(name_of(outcome.step));
  switch (outcome.kind) {
    case OutcomeKind::NoAnswer:
      break;
    case OutcomeKind::Refused:
      return "refused with " + std::to_string(outcome.status) + " at " + step;
    case OutcomeKind::TunnelUp:
      return "tunnel up";
    case OutcomeKind::Open:
      return "open after " + step;
  }
  return "no answer";
}

}  // namespace

std::string to_text(const Exchange& exchange) {
  std::string line = seconds_text(exchange.at) + " " + std::string(word_of(exchange.carrier)) + " " +
                     tsp::to_text(exchange.client) + " " + exchange.said + " =>";
  if (exchange.answers.empty()) line += " nothing";
  for (const std::string& answer : exchange.answers) line += (line.ends_with("=>") ? " " : " & ") + answer;
  return line;
}

std::string to_text(const Outcome& outcome) {
  return "outcome " + tsp::to_text(outcome.client) + " " + kind_text(outcome);
}

}  // namespace tsp::replay
