// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/password_file.h"

#include <string_view>

#include "adapters/linux/net/private_file.h"

namespace tsp::linux_::mysql {
namespace {

constexpr std::size_t kSizeMax = 1024;

}  // namespace

Result<std::string> read_password(const std::string& path, std::string_view key) {
  if (path.empty()) return std::string();
  const auto refuse = [key](const std::string& file, const std::string& why) {
    return std::unexpected(Failure{.detail = std::string(key) + ": " + file + " " + why, .fault = Fault::Setup});
  };
  auto content = read_private_file(path, kSizeMax + 1);
  if (!content) return refuse(path, content.error());
  std::string password = content->substr(0, content->find('\n'));
  if (password.size() > kSizeMax) return refuse(path, "holds a line that is too long for a password");
  if (password.empty()) return refuse(path, "is empty: its first line must be the secret");
  return password;
}

}  // namespace tsp::linux_::mysql
