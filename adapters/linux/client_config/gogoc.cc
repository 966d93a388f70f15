// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/quoting.h"
#include "adapters/linux/client_config/tsp_snippets.h"
#include "core/wire/message.h"

namespace tsp::linux_ {
namespace {

constexpr std::uint32_t kKeepaliveSecondsOfGogoc = 30;

std::string host_lines(const std::optional<unsigned>& prefix_length) {
  if (!prefix_length) {
    return "# For a whole network: host_type=router, with prefixlen= and if_prefix=.\n"
           "host_type=host\n";
  }
  return "host_type=router\n"
         "prefixlen=" +
         std::to_string(*prefix_length) +
         "\n"
         "# The interface of the LAN:\n"
         "if_prefix=eth1\n";
}

}  // namespace

std::expected<std::string, std::string> gogoc_snippet(const TspFacts& facts) {
  // Values reach to the end of the line, without the blanks around them; the format has no quotes.
  if (facts.login.starts_with(' ') || facts.login.ends_with(' ')) {
    return std::unexpected("gogoc.conf cannot hold a login that begins or ends with a blank");
  }
  const std::uint32_t keepalive = facts.keepalive_seconds.value_or(kKeepaliveSecondsOfGogoc);
  std::string out = "# gogoc.conf for account " + quote_comment(facts.login) + ".\n";
  out += "# The broker knows no passwords: put the account's in place of PASSWORD, and let only root read this file.\n";
  if (facts.type == TunnelType::V4V6) {
    out += "# gogoc on Linux asks for a v4v6 tunnel, but does not set it up: tsp-connect --config FILE does.\n";
  }
  out += "userid=" + facts.login + '\n';
  out += "passwd=PASSWORD\n";
  out += "server=" + client::to_text(facts.server) + '\n';
  out += "auth_method=digest-md5\n";
  out += "tunnel_mode=" + std::string(wire::type_name(facts.type)) + '\n';
  out += host_lines(facts.prefix_length);
  out += keepalive == 0 ? "keepalive=no\n" : "keepalive=yes\nkeepalive_interval=" + std::to_string(keepalive) + '\n';
  return out;
}

}  // namespace tsp::linux_
