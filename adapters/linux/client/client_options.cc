// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client/client_options.h"

#include <sys/stat.h>
#include <unistd.h>

namespace tsp::linux_ {
namespace {

using Done = std::expected<void, std::string>;

unsigned mtu_max(RequestedType type) {
  switch (type) {
    case RequestedType::V6V4:
      return kMtuMaxProtocol41;
    case RequestedType::V6UdpV4:
    case RequestedType::V6AnyV4:
      return kMtuMaxUdp;
    case RequestedType::V4V6:
      return kMtuMaxIPv4InIPv6;
  }
  return kMtuMin;
}

Done validate_mtu(const ClientOptions& options) {
  const unsigned max = mtu_max(options.negotiation.type);
  if (options.host.mtu >= kMtuMin && options.host.mtu <= max) return {};
  return std::unexpected("the MTU must be " + std::to_string(kMtuMin) + " to " + std::to_string(max) +
                         " for this tunnel type");
}

Done validate_hook(const HookOptions& hook) {
  if (hook.program.empty()) return {};
  if (!hook.program.starts_with('/')) return std::unexpected("hook " + hook.program + ": an absolute path is needed");
  struct stat file{};
  if (stat(hook.program.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) {
    return std::unexpected("hook " + hook.program + ": there is no such file");
  }
  if (access(hook.program.c_str(), X_OK) != 0) return std::unexpected("hook " + hook.program + ": not executable");
  return {};
}

}  // namespace

Done validate_host(const ClientOptions& options) {
  if (auto valid = validate_mtu(options); !valid) return valid;
  return validate_hook(options.host.hook);
}

}  // namespace tsp::linux_
