// SPDX-License-Identifier: Apache-2.0
//
// A capture that can be shown to anybody. It is written anew from what was understood of it: UDP and TCP over IPv4, to
// and from port 3653, in raw IP packets, so that nothing of any other header is left. Addresses, logins, realms and
// host names have aliases; passwords and digests are new ones, right if the broker took the old ones and else
// wrong; payloads of tunnelled packets are zeros, and messages that nobody understands are x's.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <tsp/time.h>
#include <tsp/types.h>

#include "tools/capture/conversation.h"

namespace tsp::sanitize {

struct TimedPacket {
  Duration at{};  // since the epoch
  Bytes ip{};
};

struct SanitizedCapture {
  std::vector<TimedPacket> packets{};
  std::map<std::string, std::string> accounts{};  // the passwords of the aliases
  std::size_t left_out = 0;                       // of other ports, or over IPv6
};

[[nodiscard]] SanitizedCapture sanitize(const capture::Conversation& conversation);

}  // namespace tsp::sanitize
