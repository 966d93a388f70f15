// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/password_file.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
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
  const auto file = open_private_file(path);
  if (!file) return refuse(path, file.error());
  std::array<char, kSizeMax + 1> content{};
  const ssize_t size = ::read(file->get(), content.data(), content.size());
  if (size < 0) return refuse(path, std::string("cannot be read: ") + std::strerror(errno));
  const std::string_view text(content.data(), static_cast<std::size_t>(size));
  std::string password(text.substr(0, text.find('\n')));
  if (password.size() > kSizeMax) return refuse(path, "holds a line that is too long for a password");
  if (password.empty()) return refuse(path, "is empty: its first line must be the secret");
  return password;
}

}  // namespace tsp::linux_::mysql
