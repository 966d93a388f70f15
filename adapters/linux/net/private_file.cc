// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace tsp::linux_ {

std::expected<FileDescriptor, std::string> open_private_file(const std::string& path) {
  // Without waiting, if it is a pipe.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) return std::unexpected(std::string("cannot be opened: ") + std::strerror(errno));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    return std::unexpected(std::string("cannot be examined: ") + std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) return std::unexpected("is not a regular file");
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) return std::unexpected("is open to others: chmod 600 " + path);
  return file;
}

}  // namespace tsp::linux_
