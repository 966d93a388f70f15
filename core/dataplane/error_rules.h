// SPDX-License-Identifier: Apache-2.0
//
// About which packets no ICMP error may be sent.
#pragma once

#include <tsp/types.h>

namespace tsp::dataplane {

// RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e). `packet`: one that has_ip_header accepts (ip_view.h).
[[nodiscard]] bool may_cause_error(ByteView packet);

}  // namespace tsp::dataplane
