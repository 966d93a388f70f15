// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/conformance/check.h"

#include <algorithm>

#include "adapters/linux/terminal/escape.h"

namespace tsp::load::conformance {
namespace {

constexpr std::size_t kShownMax = 80;

}  // namespace

bool Target::offers(TunnelType type) const {
  return udp && std::ranges::find(udp->types, type) != udp->types.end();
}

bool Target::offers(AuthMechanism mechanism) const {
  return udp && std::ranges::find(udp->mechanisms, mechanism) != udp->mechanisms.end();
}

std::string shown(std::string_view text) {
  std::string quoted = "\"" + linux_::escape_text(text.substr(0, kShownMax)) + "\"";
  if (text.size() > kShownMax) quoted += " …";
  return quoted;
}

}  // namespace tsp::load::conformance
