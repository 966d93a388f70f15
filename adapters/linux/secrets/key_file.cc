// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/secrets/key_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/net/private_file.h"

namespace tsp::linux_::secrets {
namespace {

constexpr std::size_t kSizeMax = 65536;
constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

using Done = std::expected<void, std::string>;

std::unexpected<std::string> refuse(const std::string& path, const std::string& why) {
  return std::unexpected(path + " " + why);
}
std::unexpected<std::string> system_failure(const std::string& path, const char* what) {
  return refuse(path, std::string(what) + ": " + std::strerror(errno));
}

Done write_all(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure(path, "cannot be written");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(fd) != 0) return system_failure(path, "cannot be brought to the disk");
  return {};
}

// The name of a file may be lost with the power, unlike what is in it.
Done sync_folder_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  const FileDescriptor folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || ::fsync(folder.get()) != 0) return system_failure(path, "cannot be brought to the disk");
  return {};
}

// Under another name first, with all that belongs into it.
Done write_beside(const std::string& beside, const KeyRing& ring, const struct stat& owner) {
  const FileDescriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
  if (!file.valid()) return system_failure(beside, "cannot be made");
  if (::fchmod(file.get(), kOwnerOnly) != 0) return system_failure(beside, "cannot be made its owner's alone");
  if (::geteuid() == 0 && ::fchown(file.get(), owner.st_uid, owner.st_gid) != 0) {
    return system_failure(beside, "cannot be given to its owner");
  }
  return write_all(file.get(), ring.text(), beside);
}

std::string beside(const std::string& path) {
  return path + ".new";
}

}  // namespace

std::expected<KeyRing, std::string> load_keys(const std::string& path) {
  const auto text = read_private_file(path, kSizeMax + 1);
  if (!text) return refuse(path, text.error());
  if (text->size() > kSizeMax) return refuse(path, "is larger than a file of keys");
  auto ring = KeyRing::parse(*text);
  if (!ring) return refuse(path, "is no file of keys: " + ring.error());
  return ring;
}

std::expected<void, std::string> create_keys(const std::string& path, const KeyRing& ring) {
  // Made by root for a daemon that runs as somebody else, whose folder it is.
  struct stat owner{};
  const auto parent = std::filesystem::path(path).parent_path();
  if (::stat(parent.empty() ? "." : parent.c_str(), &owner) != 0) return system_failure(path, "cannot be made");
  if (auto written = write_beside(beside(path), ring, owner); !written) return written;
  // Unlike a renaming it fails if somebody else was quicker.
  const bool linked = ::link(beside(path).c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(beside(path).c_str());
  errno = error;
  if (!linked) return system_failure(path, "cannot be made");
  return sync_folder_of(path);
}

std::expected<void, std::string> replace_keys(const std::string& path, const KeyRing& ring) {
  struct stat owner{};
  if (::stat(path.c_str(), &owner) != 0) return system_failure(path, "cannot be examined");
  if (auto written = write_beside(beside(path), ring, owner); !written) return written;
  if (::rename(beside(path).c_str(), path.c_str()) != 0) return system_failure(path, "cannot be replaced");
  return sync_folder_of(path);
}

}  // namespace tsp::linux_::secrets
