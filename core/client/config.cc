// SPDX-License-Identifier: Apache-2.0
#include "core/client/config.h"

#include "core/auth/login.h"

namespace tsp::client {
namespace {

std::expected<void, std::string> validate_family(const ClientConfig& config, const ServerName& server) {
  const OuterFamily family = outer_family(config.type);
  const auto address = literal_address(server);
  if (!address || family_of(*address) == family) return {};
  return std::unexpected("tunnels of this type need a server in " +
                         std::string(family == OuterFamily::IPv4 ? "IPv4" : "IPv6") + ", not " + to_text(server));
}

std::expected<void, std::string> validate_login(const ClientConfig& config) {
  if (config.mechanism == AuthMechanism::Anonymous) {
    if (config.router_prefix_length)
      return std::unexpected("a delegated prefix needs an account, not anonymous access");
    return {};
  }
  if (!auth::valid_login(config.login)) {
    return std::unexpected("the login must have 1 to 253 bytes of UTF-8 without ':' or control characters");
  }
  if (!auth::valid_password(config.password)) {
    return std::unexpected("the password must have 1 to 1023 bytes and no NUL or line end");
  }
  return {};
}

}  // namespace

std::expected<void, std::string> validate(const ClientConfig& config) {
  if (config.server.host.empty()) return std::unexpected("no server is named");
  if (auto valid = validate_family(config, config.server); !valid) return valid;
  for (const ServerName& server : config.more_servers) {
    if (auto valid = validate_family(config, server); !valid) return valid;
  }
  const PrefixLengths lengths = prefix_lengths(config.type);
  if (const auto length = config.router_prefix_length; length && (*length < lengths.min || *length > lengths.max)) {
    return std::unexpected("the prefix length must be " + std::to_string(lengths.min) + " to " +
                           std::to_string(lengths.max) + " for this tunnel type");
  }
  return validate_login(config);
}

}  // namespace tsp::client
