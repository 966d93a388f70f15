// SPDX-License-Identifier: Apache-2.0
//
// Accounts as ddtb writes them into its table CLIENT.
#pragma once

#include <array>
#include <string_view>

namespace tsp::linux_::ddtb {

inline constexpr std::string_view kDbKey = "YW4gZXhhbXBsZSBtYXN0ZXIga2V5LCAzMiBieXRlcyE=";

struct Vector {
  std::string_view login;
  std::string_view password;
  std::string_view iv;
  std::string_view passwd;
};
inline constexpr std::array<Vector, 3> kVectors = {{
    {"alice", "correct horse", "AAECAwQFBgcICQoLDA0ODw==", "aMK5Thkk46HxgVk1DEVvIQ=="},
    // A whole block of padding.
    {"bob", "0123456789abcdef", "EBESExQVFhcYGRobHB0eHw==", "RccH1hkuiGBGx9bn19UWM4cD16HYAyQ5sSpFM3w8gng="},
    {"\xD8\xB3\xD8\xB9\xD9\x8A\xD8\xAF", "p\xC3\xA4ssw\xC3\xB6rd-\xC3\xBC",
     "ICEiIyQlJicoKSorLC0uLw==", "jma9RAAjZKChgEi4MARTWQ=="},
}};

}  // namespace tsp::linux_::ddtb
