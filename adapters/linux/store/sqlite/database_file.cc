// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/database_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tsp::linux_::sqlite {
namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

std::unexpected<Failure> system_failure(const char* what) {
  return std::unexpected(Failure{.detail = std::string(what) + ": " + std::strerror(errno)});
}

// Without it the name of a new file, unlike its contents, may be lost with the power.
Result<> sync_directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const int fd = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_failure("its directory cannot be opened");
  const int synced = ::fsync(fd);
  ::close(fd);
  if (synced != 0) return system_failure("its directory cannot be synced");
  return {};
}

Result<> create(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (fd < 0) return system_failure("the file cannot be created");
  ::close(fd);
  return sync_directory_of(path);
}

// An existing file is never opened here: closing it again would drop the locks of SQLite's own connections.
Result<> restrict_to_owner(const std::string& path, const struct stat& status) {
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0) return {};
  if (::chmod(path.c_str(), status.st_mode & S_IRWXU) == 0) return {};
  return system_failure("the file is open to others and its permissions cannot be changed");
}

}  // namespace

Result<> prepare_file(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return system_failure("the file cannot be examined");
    return create(path);
  }
  if (!S_ISREG(status.st_mode)) return std::unexpected(Failure{.detail = "it is not a regular file"});
  if (auto done = restrict_to_owner(path, status); !done) return done;
  for (const char* suffix : {"-wal", "-shm"}) {
    const std::string companion = path + suffix;
    if (::stat(companion.c_str(), &status) != 0) continue;
    if (auto done = restrict_to_owner(companion, status); !done) return done;
  }
  return {};
}

}  // namespace tsp::linux_::sqlite
