// SPDX-License-Identifier: Apache-2.0
//
// What rows of the table of keys are made with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "adapters/linux/config/keys.h"
#include "adapters/linux/config/kinds.h"

namespace tsp::linux_ {

inline constexpr std::uint32_t kCountMax = 10'000'000;
inline constexpr std::size_t kSocketPathMax = 107;  // sockaddr_un::sun_path

inline bool is_path(std::string_view path) {
  return path.starts_with('/') && path.find('\0') == std::string_view::npos;
}
inline bool is_socket_path(std::string_view path) {
  return is_path(path) && path.size() <= kSocketPathMax;
}

// `access` gives the member of a DaemonConfig, const or not.
template <class T, class Access>
Key make_key(std::string_view section, std::string_view name, Change change, const Kind<T>& kind, Access access,
             std::string_view help, std::string_view default_in_words = {}) {
  return {section,
          name,
          change,
          kind.expected,
          help,
          default_in_words,
          [kind, access](DaemonConfig& config, const TomlValue& value) {
            auto read = kind.read(value);
            if (read) access(config) = std::move(*read);
            return read.has_value();
          },
          [kind, access](const DaemonConfig& config) { return kind.show(access(config)); },
          kind.entry_expected,
          kind.bad_entry};
}

#define TSP_MEMBER(member) ([](auto& config) -> auto& { return config.member; })

}  // namespace tsp::linux_
