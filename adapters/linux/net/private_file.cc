// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {
namespace {

std::unexpected<std::string> failure(const char* what) {
  return std::unexpected(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

std::expected<std::string, std::string> read_private_file(const std::string& path, std::size_t bytes_max) {
  // Without waiting, if it is a pipe.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return failure("cannot be opened");
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return failure("cannot be examined");
  if (!S_ISREG(status.st_mode)) return std::unexpected("is not a regular file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return std::unexpected("is open to others: chmod 600 " + path);
  std::string content(bytes_max, '\0');
  std::size_t filled = 0;
  while (filled < bytes_max) {
    const ssize_t size = ::read(file.get(), content.data() + filled, bytes_max - filled);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failure("cannot be read");
    if (size == 0) break;
    filled += static_cast<std::size_t>(size);
  }
  content.resize(filled);
  return content;
}

}  // namespace tsp::linux_
