// SPDX-License-Identifier: Apache-2.0
//
// The kinds of values that configuration keys have: what is expected in words, how it is read, how it is shown.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsp/address.h>
#include <tsp/time.h>

#include "adapters/linux/config/daemon_config.h"
#include "adapters/linux/config/toml_document.h"

namespace tsp::linux_ {

template <class T>
struct Kind {
  std::string expected;  // completes "expected …"
  std::function<std::optional<T>(const TomlValue&)> read;
  std::function<std::string(const T&)> show;  // as it is written in the file
  // Of lists: what each entry has to be, and the first that is not (null: it is not an entry's fault).
  std::string entry_expected{};
  std::function<const TomlValue*(const TomlValue&)> bad_entry{};
};

[[nodiscard]] Kind<bool> boolean();
[[nodiscard]] Kind<std::int64_t> whole_number(std::int64_t min, std::int64_t max);
[[nodiscard]] Kind<Duration> seconds(std::int64_t min, std::int64_t max);
[[nodiscard]] Kind<std::string> text(std::string expected, std::function<bool(std::string_view)> is_valid);
[[nodiscard]] Kind<IPv6Address> ipv6_address();
[[nodiscard]] Kind<IPv4Address> ipv4_address();
[[nodiscard]] Kind<IPv6Address> any_address();  // of either family; IPv4 mapped
[[nodiscard]] Kind<IPv6Prefix> ipv6_prefix();
[[nodiscard]] Kind<IPv6Prefix> ipv4_prefix();  // mapped
[[nodiscard]] Kind<IPv6Prefix> any_prefix();   // of either family; IPv4 mapped
[[nodiscard]] Kind<Endpoint> ipv4_endpoint();
[[nodiscard]] Kind<Endpoint> listen_address();  // of either family
[[nodiscard]] Kind<BrokerAddress> broker_address();
[[nodiscard]] Kind<Endpoint> server_address();  // likewise
[[nodiscard]] Kind<std::string> dns_name();     // in lower case, without the dot at the end
[[nodiscard]] Kind<std::string> plain_name();   // of a database or of a user of it

// A whole number kept in a smaller type.
template <class T>
Kind<T> number(T min, T max) {
  Kind<std::int64_t> wide = whole_number(min, max);
  return {wide.expected,
          [read = wide.read](const TomlValue& value) -> std::optional<T> {
            const auto number = read(value);
            return number ? std::optional(static_cast<T>(*number)) : std::nullopt;
          },
          [](const T& value) { return std::to_string(value); }};
}

// One of a few words.
template <class T>
Kind<T> choice(const std::vector<std::pair<std::string_view, T>>& options) {
  std::string expected = "one of";
  for (const auto& [word, option] : options) expected += " \"" + std::string(word) + "\"";
  return {expected,
          [options](const TomlValue& value) -> std::optional<T> {
            const auto* given = std::get_if<std::string>(&value.value);
            for (const auto& [word, option] : options) {
              if (given != nullptr && *given == word) return option;
            }
            return std::nullopt;
          },
          [options](const T& value) -> std::string {
            for (const auto& [word, option] : options) {
              if (option == value) return '"' + std::string(word) + '"';
            }
            return {};
          }};
}

template <class T>
Kind<std::vector<T>> list(const Kind<T>& item, std::size_t size_min) {
  return {(size_min > 0 ? "a list, not empty, of " : "a list of ") + item.expected,
          [item, size_min](const TomlValue& value) -> std::optional<std::vector<T>> {
            const auto* given = std::get_if<std::vector<TomlValue>>(&value.value);
            if (given == nullptr || given->size() < size_min) return std::nullopt;
            std::vector<T> out;
            for (const TomlValue& element : *given) {
              const auto read = item.read(element);
              if (!read) return std::nullopt;
              out.push_back(*read);
            }
            return out;
          },
          [item](const std::vector<T>& values) {
            std::string out = "[";
            for (const T& value : values) out += (out.size() > 1 ? ", " : "") + item.show(value);
            return out + "]";
          },
          item.expected,
          [item](const TomlValue& value) -> const TomlValue* {
            const auto* given = std::get_if<std::vector<TomlValue>>(&value.value);
            if (given == nullptr) return nullptr;
            const auto bad = std::ranges::find_if(*given, [&](const TomlValue& entry) { return !item.read(entry); });
            return bad == given->end() ? nullptr : &*bad;
          }};
}

// A key whose default follows from others; shown as nothing while it is not set.
template <class T>
Kind<std::optional<T>> derived(const Kind<T>& kind) {
  return {kind.expected,
          [kind](const TomlValue& value) -> std::optional<std::optional<T>> {
            auto read = kind.read(value);
            return read ? std::optional<std::optional<T>>(std::move(read)) : std::nullopt;
          },
          [kind](const std::optional<T>& value) { return value ? kind.show(*value) : std::string(); },
          kind.entry_expected, kind.bad_entry};
}

}  // namespace tsp::linux_
