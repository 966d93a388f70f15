// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/socket_place.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace tsp::linux_ {
namespace {

constexpr mode_t kFolderMode = 0755;

std::unexpected<std::string> system_fault(const std::string& path, const char* what) {
  return std::unexpected(path + ": " + what + ": " + std::strerror(errno));
}

enum class Occupant : std::uint8_t { None, Stale, Alive, Other };

// Only a process that listens accepts a connection; the file alone says nothing.
Occupant find_occupant(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return errno == ENOENT ? Occupant::None : Occupant::Other;
  if (!S_ISSOCK(status.st_mode)) return Occupant::Other;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(path.begin(), std::min(path.size(), sizeof address.sun_path - 1), address.sun_path);
  const FileDescriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int result = connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  return result != 0 && errno == ECONNREFUSED ? Occupant::Stale : Occupant::Alive;
}

}  // namespace

std::expected<SocketPlace, std::string> SocketPlace::take(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  if (mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) return system_fault(folder, "cannot be made");
  SocketPlace place(FileDescriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
  if (!place.folder_.valid()) return system_fault(folder, "cannot be opened");
  if (flock(place.folder_.get(), LOCK_EX) != 0) return system_fault(folder, "cannot be locked");
  switch (find_occupant(path)) {
    case Occupant::None:
      return place;
    case Occupant::Stale:
      if (unlink(path.c_str()) != 0) return system_fault(path, "left by a killed tspd, cannot be removed");
      return place;
    case Occupant::Alive:
      return std::unexpected(path + ": another tspd is running on this control socket");
    case Occupant::Other:
      return std::unexpected(path + ": is in the way and not a socket");
  }
  return place;
}

}  // namespace tsp::linux_
