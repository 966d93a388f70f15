// SPDX-License-Identifier: Apache-2.0
#include "core/client/config.h"

#include "core/auth/login.h"

namespace tsp::client {
namespace {

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
  if (parse_ipv6(config.server.host)) return std::unexpected("the server must be reached over IPv4");
  if (config.type == RequestedType::V4V6) return std::unexpected("tunnel type v4v6 is not supported");
  if (const auto length = config.router_prefix_length; length && (*length < 1 || *length > 64)) {
    return std::unexpected("the prefix length must be 1 to 64");
  }
  return validate_login(config);
}

}  // namespace tsp::client
