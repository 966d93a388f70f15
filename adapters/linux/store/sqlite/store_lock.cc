// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

namespace tsp::linux_ {

// Not the database itself: closing a descriptor of it would drop SQLite's own locks.
std::expected<FileDescriptor, std::string> lock_store(const std::string& path) {
  constexpr mode_t kMode = 0600;
  const std::string name = path + ".lock";
  FileDescriptor fd(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode));
  if (!fd.valid()) return std::unexpected("store.path: " + name + " cannot be opened: " + std::strerror(errno));
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return std::unexpected("store.path: " + name + ": " + std::strerror(errno));
  return std::unexpected("store.path: another tspd serves " + path + "; each needs a database of its own");
}

}  // namespace tsp::linux_
