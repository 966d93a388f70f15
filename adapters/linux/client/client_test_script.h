// SPDX-License-Identifier: Apache-2.0
//
// Hooks for tests: shell scripts in a folder of their own, which goes with the object.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "adapters/linux/client/client_options.h"

namespace tsp::linux_::test {

class Scripts {
 public:
  Scripts() {
    std::string pattern = std::filesystem::temp_directory_path() / "hook-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;
  ~Scripts() { std::filesystem::remove_all(folder_); }

  // A hook with that text as body of its script; %F in it is the path of the file that written() reads.
  [[nodiscard]] HookOptions make(std::string body) const {
    for (std::size_t at = body.find("%F"); at != std::string::npos; at = body.find("%F")) {
      body.replace(at, 2, folder_ / "written");
    }
    const std::filesystem::path path = folder_ / "hook";
    std::ofstream(path) << "#!/bin/sh\n" << body << '\n';
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return {.program = path, .mode = HookMode::Notify, .patience = std::chrono::seconds(20), .home = {}};
  }
  [[nodiscard]] std::string written() const {
    std::ostringstream text;
    text << std::ifstream(folder_ / "written").rdbuf();
    return text.str();
  }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace tsp::linux_::test
