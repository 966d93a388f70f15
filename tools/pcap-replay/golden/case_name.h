// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

namespace tsp::replay {

// The name of a capture, as GoogleTest allows it; "None" for none.
inline std::string case_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param.empty() ? "None" : std::filesystem::path(info.param).stem().string();
  const auto is_odd = [](char c) {
    return !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z');
  };
  std::ranges::replace_if(name, is_odd, '_');
  return name;
}

}  // namespace tsp::replay
