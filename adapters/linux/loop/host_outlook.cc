// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/loop/host_outlook.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "adapters/linux/config/store_keys.h"
#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/net/private_file.h"

namespace tsp::linux_ {
namespace {

constexpr const char* kTunDevice = "/dev/net/tun";

enum class Content : std::uint8_t { Anybodys, Secret };

struct NeededFile {
  const char* key;
  const std::string& path;
  Content content = Content::Anybodys;
};

void check_file(const NeededFile& file, std::vector<std::string>& lines) {
  if (file.path.empty()) return;
  const std::string where = std::string(file.key) + ": " + file.path;
  if (file.content == Content::Secret) {
    // As the start does, which refuses one that others may read.
    if (const auto read = read_private_file(file.path, 1); !read) lines.push_back(where + " " + read.error());
    return;
  }
  const FileDescriptor opened(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!opened.valid()) {
    lines.push_back(where + " cannot be read: " + std::strerror(errno));
  } else if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    lines.push_back(where + " is not a regular file");
  }
}

// A start makes it if it is not there, or says how.
void check_keys(const DaemonConfig& config, std::vector<std::string>& lines) {
  const std::string path = key_file_of(config);
  std::error_code error;
  if (std::filesystem::exists(path, error)) check_file({"store.key_file", path, Content::Secret}, lines);
}

void check_files(const DaemonConfig& config, std::vector<std::string>& lines) {
  if (!config.update.listen.empty()) {
    check_file({"update.certificate", config.update.certificate}, lines);
    check_file({"update.private_key", config.update.private_key}, lines);
  }
  if (!config.api.listen.empty()) {
    check_file({"api.certificate", config.api.certificate}, lines);
    check_file({"api.private_key", config.api.private_key}, lines);
  }
  if (config.dns.server) check_file({"dns.key_file", config.dns.key_file, Content::Secret}, lines);
  check_keys(config, lines);
  if (config.store.type != StoreType::Mysql) return;
  const MysqlSettings& mysql = config.store.mysql;
  check_file({"store.mysql.password_file", mysql.password_file, Content::Secret}, lines);
  if (!mysql.host.empty() && mysql.tls) check_file({"store.mysql.ca_file", mysql.ca_file}, lines);
}

// Opening the device, or asking the kernel for the module, would load what is not there.
void check_tun(std::vector<std::string>& lines) {
  if (::access(kTunDevice, R_OK | W_OK) == 0) return;
  lines.push_back(std::string(kTunDevice) + ": " + std::strerror(errno) +
                  "; load the module (modprobe tun), or give the container the device");
}

std::expected<void, std::string> find_installed_module() {
  std::error_code error;
  if (std::filesystem::exists("/sys/module/utun", error)) return {};
  utsname kernel{};
  if (::uname(&kernel) != 0) return std::unexpected("the kernel's version is not known");
  std::ifstream modules("/lib/modules/" + std::string(kernel.release) + "/modules.dep");
  for (std::string line; std::getline(modules, line);) {
    if (line.substr(0, line.find(':')).find("/utun.ko") != std::string::npos) return {};
  }
  return std::unexpected("the module utun is not installed for the kernel " + std::string(kernel.release));
}

void check_datapath(const DaemonConfig& config, const FindModule& find_module, std::vector<std::string>& lines) {
  const auto choice = choose_datapath(config, find_module);
  if (!choice) {
    lines.push_back(choice.error());
  } else if (choice->type == DatapathType::Tun) {
    check_tun(lines);
  }
}

}  // namespace

std::vector<std::string> host_outlook(const DaemonConfig& config, const FindModule& find_module) {
  std::vector<std::string> lines;
  check_files(config, lines);
  check_datapath(config, find_module, lines);
  return lines;
}

std::vector<std::string> host_outlook(const DaemonConfig& config) {
  return host_outlook(config, find_installed_module);
}

}  // namespace tsp::linux_
