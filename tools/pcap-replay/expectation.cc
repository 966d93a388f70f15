// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/expectation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <utility>

#include "core/pool/layout.h"
#include "core/wire/broker_address.h"

namespace tsp::replay {
namespace {

constexpr std::array<const char*, 5> kRandomFields{"nonce", "client.ipv6", "prefix", "server.ipv6", "keepalive.ipv6"};

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(std::move(word));
  return words;
}

std::optional<std::uint32_t> parse_count(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return count;
}

// Separated by commas. Empty: one of them is none.
std::vector<OtherBroker> parse_brokers(const std::string& text) {
  std::vector<OtherBroker> brokers;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    auto address = wire::parse_broker_address(word);
    if (!address) return {};
    brokers.push_back({.address = std::move(*address), .weight = brokers.empty() ? 1U : 0U, .id = {}});
  }
  return brokers;
}

bool set_value(CoreSetting& setting, const std::string& name, const std::string& value) {
  bool* const flag = name == "anonymous"    ? &setting.anonymous
                     : name == "plain"      ? &setting.plain
                     : name == "digest_md5" ? &setting.digest_md5
                                            : nullptr;
  if (flag != nullptr) {
    *flag = false;
    return value == "off";
  }
  if (name == "tunnels_max") {
    setting.tunnels_max = parse_count(value);
    return setting.tunnels_max.has_value();
  }
  if (name == "pool") {
    const auto prefix = parse_prefix(value);
    if (!prefix || !pool::derive_layout(*prefix)) return false;
    setting.pool = *prefix;
    return true;
  }
  if (name == "brokers") {
    setting.brokers = parse_brokers(value);
    return !setting.brokers.empty();
  }
  setting.store_away = name == "store" && value == "away";
  return setting.store_away;
}

bool read_given(const std::string& line, Expectation& expectation) {
  const std::vector<std::string> words = words_of(line);
  if (words.empty() || words[0].starts_with('#')) return true;
  if (words[0] == "ignore") {
    expectation.ignored.insert(words.begin() + 1, words.end());
    return true;
  }
  if (words.size() != 3) return false;
  if (words[0] == "set") return set_value(expectation.setting, words[1], words[2]);
  if (words[0] != "account") return false;
  return expectation.setting.accounts.emplace(words[1], words[2]).second;
}

}  // namespace

std::expected<Expectation, std::string> parse_expectation(std::string_view text) {
  Expectation expectation;
  std::istringstream stream{std::string(text)};
  bool given = true;
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (given && line.empty()) {
      given = false;
    } else if (!given) {
      expectation.lines.push_back(line);
    } else if (read_given(line, expectation)) {
      expectation.givens.push_back(line);
    } else {
      return std::unexpected("line " + std::to_string(number) + ": expected account, set or ignore, not: " + line);
    }
  }
  return expectation;
}

std::string to_text(const Expectation& expectation) {
  std::string text;
  for (const std::string& line : expectation.givens) text += line + "\n";
  text += "\n";
  for (const std::string& line : expectation.lines) text += line + "\n";
  return text;
}

Expectation new_expectation(const Passwords& accounts) {
  Expectation expectation;
  expectation.setting.accounts = accounts;
  for (const auto& [login, password] : accounts) expectation.givens.push_back("account " + login + " " + password);
  std::string ignore = "ignore";
  for (const char* field : kRandomFields) {
    expectation.ignored.emplace(field);
    ignore.append(" ").append(field);
  }
  expectation.givens.push_back(std::move(ignore));
  return expectation;
}

std::vector<std::string> lines_of(const capture::Conversation& conversation, const Transcript& transcript) {
  std::vector<std::string> lines;
  for (const std::string& line : conversation.left_out) lines.push_back("left out: " + line);
  for (const Exchange& exchange : transcript.exchanges) lines.push_back(to_text(exchange));
  for (const Outcome& outcome : transcript.outcomes) lines.push_back(to_text(outcome));
  return lines;
}

std::vector<std::string> differences(const std::vector<std::string>& expected, const std::vector<std::string>& found) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    const bool both = i < expected.size() && i < found.size();
    if (both && expected[i] == found[i]) continue;
    all.push_back("line " + std::to_string(i + 1) + ":");
    if (i < expected.size()) all.push_back("- " + expected[i]);
    if (i < found.size()) all.push_back("+ " + found[i]);
  }
  return all;
}

}  // namespace tsp::replay
