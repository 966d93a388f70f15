// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/mysql/password_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_::mysql {
namespace {

constexpr std::size_t kSizeMax = 1024;

}  // namespace

Result<std::string> read_password(const std::string& path, std::string_view key) {
  if (path.empty()) return std::string();
  const auto refuse = [key](const std::string& file, const std::string& why) {
    return std::unexpected(Failure{.detail = std::string(key) + ": " + file + " " + why, .fault = Fault::Setup});
  };
  // Without waiting, if it is a pipe.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return refuse(path, std::string("cannot be opened: ") + std::strerror(errno));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0)
    return refuse(path, std::string("cannot be examined: ") + std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return refuse(path, "is not a regular file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return refuse(path, "is open to others: chmod 600 " + path);
  std::array<char, kSizeMax + 1> content{};
  const ssize_t size = ::read(file.get(), content.data(), content.size());
  if (size < 0) return refuse(path, std::string("cannot be read: ") + std::strerror(errno));
  const std::string_view text(content.data(), static_cast<std::size_t>(size));
  std::string password(text.substr(0, text.find('\n')));
  if (password.size() > kSizeMax) return refuse(path, "holds a line that is too long for a password");
  if (password.empty()) return refuse(path, "is empty: its first line must be the secret");
  return password;
}

}  // namespace tsp::linux_::mysql
