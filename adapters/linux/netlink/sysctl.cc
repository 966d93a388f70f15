// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/netlink/sysctl.h"

#include <fstream>

namespace tsp::linux_ {

std::optional<std::string> read_sysctl(const std::string& path) {
  std::ifstream file("/proc/sys/" + path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

bool write_sysctl(const std::string& path, const std::string& value) {
  std::ofstream file("/proc/sys/" + path);
  file << value << std::flush;
  return file.good();
}

}  // namespace tsp::linux_
